/* What a pixel costs at several sizes of picture. All but self attention does the same
 * for every pixel, so without it the cost should stay where it is. */
#include <stdio.h>
#include <string.h>

#include "bench/write.h"

static double microseconds(double seconds, rs_size size)
{
    return seconds * 1e6 / ((double)size.width * (double)size.height);
}

static void row(rs_strbuf *sb, const rs_bench *b, const rs_bench *first, size_t part)
{
    const rs_bench_part *p = &b->parts[part], *p0 = &first->parts[part];
    const double all = microseconds(p->row_seconds, b->size);
    const double rest = microseconds(p->row_seconds - p->attention_seconds, b->size);
    const double rest0 = microseconds(p0->row_seconds - p0->attention_seconds, first->size);
    char size[32];
    snprintf(size, sizeof(size), "%dx%d", b->size.width, b->size.height);
    rs_strbuf_printf(sb, "%-14s %9.3f %9.3f %6.2f %9.3f %6.1f%% %9.3f %6.2f\n", size, p->row_seconds, all,
                     rs_bench_rate(all, microseconds(p0->row_seconds, first->size)), p->attention_seconds,
                     100 * rs_bench_rate(p->attention_seconds, p->row_seconds), rest,
                     rs_bench_rate(rest, rest0));
}

static void table(rs_strbuf *sb, const rs_bench *const *benches, size_t n, size_t part)
{
    char name[32];
    rs_strbuf_printf(sb, "\n%-14s %9s %9s %6s %9s %7s %9s %6s\n",
                     rs_bench_spaced(benches[0]->parts[part].name, name, sizeof(name)), "seconds",
                     "us/pixel", "x", "attention", "share", "us/pixel", "x");
    rs_strbuf_printf(sb, "%-14s %9s %9s %6s %9s %7s %9s %6s\n", "", "", "", "first", "s", "", "without",
                     "first");
    for (size_t i = 0; i < n; i++)
        row(sb, benches[i], benches[0], part);
}

rs_status rs_bench_write_sizes(const rs_bench *const *benches, size_t n, rs_bench_format format,
                               const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, RS_BENCH_MAX_TEXT);
    for (size_t i = 0; i < n; i++) {
        if (format == RS_BENCH_JSON) {
            rs_strbuf_puts(&sb, i ? ",\n" : "[");
            rs_bench_write_json(&sb, benches[i]);
        } else {
            rs_bench_write_summary(&sb, benches[i]);
            rs_strbuf_puts(&sb, "\n");
        }
    }
    if (format == RS_BENCH_JSON)
        rs_strbuf_puts(&sb, "]\n");
    else
        for (size_t part = 0; part < RS_BENCH_PARTS; part++)
            /* texts have the same length at every size */
            if (benches[0]->parts[part].runs && strcmp(benches[0]->parts[part].name, "text_encoder") != 0)
                table(&sb, benches, n, part);
    return rs_bench_put(&sb, sink, err);
}
