/* A benchmark as tables for a person and as JSON for a script. */
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "bench/write.h"

/* GFLOP, GFLOP/s and their share of the plain product's rate; blank without products. */
static void work_columns(rs_strbuf *sb, const rs_bench *b, const rs_bench_row *r)
{
    const double gflops = rs_bench_rate(r->gflop, r->seconds);
    if (r->gflop > 0)
        rs_strbuf_printf(sb, " %9.2f %8.1f %6.0f%%", r->gflop, gflops,
                         100 * rs_bench_rate(gflops, b->gemm_gflops));
    else
        rs_strbuf_printf(sb, " %9s %8s %7s", "", "", "");
    rs_strbuf_printf(sb, " %7.3f %7.1f", r->gbyte, rs_bench_rate(r->gbyte, r->seconds));
}

const char *rs_bench_spaced(const char *name, char *buf, size_t size)
{
    size_t i = 0;
    for (; name[i] && i + 1 < size; i++)
        buf[i] = name[i] == '_' ? ' ' : name[i];
    buf[i] = '\0';
    return buf;
}

void rs_bench_write_summary(rs_strbuf *sb, const rs_bench *b)
{
    char name[32];
    rs_strbuf_printf(sb, "%s, %dx%d, batch %d, %d %s, %s\n", b->model, b->size.width, b->size.height,
                     b->batch, b->threads, b->threads == 1 ? "thread" : "threads", b->cpu);
    rs_strbuf_printf(sb, "plain products: %.1f GFLOP/s (ours %.1f, BLAS %.1f); loaded in %.2f s; "
                     "peak memory %.2f GB\n\n", b->gemm_gflops, b->gemm_own_gflops,
                     b->gemm_blas_gflops, b->load_seconds, (double)b->peak_rss_bytes * 1e-9);
    rs_strbuf_printf(sb, "%-14s %5s %9s %9s %9s %9s %8s %9s\n", "part", "runs", "median s", "best s",
                     "GFLOP", "GFLOP/s", "plain", "floor s");
    for (size_t i = 0; i < RS_BENCH_PARTS; i++) {
        const rs_bench_part *p = &b->parts[i];
        const double gflops = rs_bench_rate(p->gflop, p->seconds);
        if (p->runs)
            rs_strbuf_printf(sb, "%-14s %5d %9.3f %9.3f %9.1f %9.1f %7.0f%% %9.3f\n",
                             rs_bench_spaced(p->name, name, sizeof(name)), p->runs, p->seconds, p->best,
                             p->gflop, gflops, 100 * rs_bench_rate(gflops, b->gemm_gflops), p->floor_seconds);
    }
    rs_strbuf_puts(sb, "floor: the multiplications needed, a quarter of the plain ones with Winograd, at "
                       "the plain rate\n");
}

/* One line: what, how often, how long, how much. */
static void row(rs_strbuf *sb, const rs_bench *b, const rs_bench_part *p, const rs_bench_row *r,
                const char *what)
{
    rs_strbuf_printf(sb, "%-20s %5d %9.4f %5.1f%%", what, r->calls, r->seconds,
                     100 * rs_bench_rate(r->seconds, p->row_seconds));
    work_columns(sb, b, r);
}

static void part_tables(rs_strbuf *sb, const rs_bench *b, const rs_bench_part *p)
{
    char name[32];
    double known = 0;
    rs_strbuf_printf(sb, "\n%-20s %5s %9s %6s %9s %8s %7s %7s %7s\n",
                     rs_bench_spaced(p->name, name, sizeof(name)), "calls", "seconds", "share", "GFLOP",
                     "GFLOP/s", "plain", "GB", "GB/s");
    for (size_t i = 0; i < p->n_kinds; i++) {
        known += p->kinds[i].seconds;
        row(sb, b, p, &p->kinds[i], p->kinds[i].name);
        rs_strbuf_puts(sb, "\n");
    }
    rs_strbuf_printf(sb, "%-20s %5s %9.4f %5.1f%%\n", "between them", "", p->row_seconds - known,
                     100 * rs_bench_rate(p->row_seconds - known, p->row_seconds));
    rs_strbuf_printf(sb, "the %zu dearest layers of %s:\n", p->n_layers,
                     rs_bench_spaced(p->name, name, sizeof(name)));
    for (size_t i = 0; i < p->n_layers; i++) {
        row(sb, b, p, &p->layers[i], p->layers[i].kind);
        rs_strbuf_printf(sb, "  %s\n", p->layers[i].name);
    }
}

static void write_tables(rs_strbuf *sb, const rs_bench *b)
{
    rs_bench_write_summary(sb, b);
    for (size_t i = 0; i < RS_BENCH_PARTS; i++)
        if (b->parts[i].runs) {
            part_tables(sb, b, &b->parts[i]);
            if (b->parts[i].split)
                rs_bench_write_split(sb, &b->parts[i]);
        }
}

/* A JSON string; control characters, which no sane path holds, become spaces. */
static void json_string(rs_strbuf *sb, const char *s)
{
    rs_strbuf_puts(sb, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            rs_strbuf_puts(sb, "\\");
        rs_strbuf_add(sb, (unsigned char)*s < 0x20 ? " " : s, 1);
    }
    rs_strbuf_puts(sb, "\"");
}

/* "unet_step_conv_3x3_winograd_s": 1.5 and _gflop */
static void json_kind(rs_strbuf *sb, const char *part, const rs_bench_row *r)
{
    char key[96];
    snprintf(key, sizeof(key), "%s_%s", part, r->name);
    for (char *c = key; *c; c++)
        *c = *c == ' ' ? '_' : *c;
    rs_strbuf_printf(sb, ",\n  \"%s_s\": %.6f,\n  \"%s_gflop\": %.4f", key, r->seconds, key, r->gflop);
}

static void json_part(rs_strbuf *sb, const rs_bench_part *p)
{
    rs_strbuf_printf(sb, ",\n  \"%s_s\": %.6f,\n  \"%s_best_s\": %.6f,\n  \"%s_floor_s\": %.6f", p->name,
                     p->seconds, p->name, p->best, p->name, p->floor_seconds);
    rs_strbuf_printf(sb, ",\n  \"%s_gflop\": %.4f,\n  \"%s_gbyte\": %.6f", p->name, p->gflop, p->name,
                     p->gbyte);
    rs_strbuf_printf(sb, ",\n  \"%s_attention_s\": %.6f", p->name, p->attention_seconds);
    for (size_t i = 0; i < p->n_kinds; i++)
        json_kind(sb, p->name, &p->kinds[i]);
    if (p->split)
        rs_bench_write_split_json(sb, p);
}

void rs_bench_write_json(rs_strbuf *sb, const rs_bench *b)
{
    rs_strbuf_puts(sb, "{\n  \"model\": ");
    json_string(sb, b->model);
    rs_strbuf_printf(sb, ",\n  \"cpu\": \"%s\",\n  \"width\": %d,\n  \"height\": %d,\n  \"batch\": %d,\n"
                     "  \"threads\": %d", b->cpu, b->size.width, b->size.height, b->batch, b->threads);
    rs_strbuf_printf(sb, ",\n  \"gemm_gflops\": %.3f,\n  \"gemm_own_gflops\": %.3f,\n"
                     "  \"gemm_blas_gflops\": %.3f", b->gemm_gflops, b->gemm_own_gflops,
                     b->gemm_blas_gflops);
    rs_strbuf_printf(sb, ",\n  \"load_s\": %.6f,\n  \"peak_rss_bytes\": %" PRIu64, b->load_seconds,
                     b->peak_rss_bytes);
    for (size_t i = 0; i < RS_BENCH_PARTS; i++)
        if (b->parts[i].runs)
            json_part(sb, &b->parts[i]);
    rs_strbuf_puts(sb, "\n}");
}

rs_status rs_bench_put(rs_strbuf *sb, const rs_text_sink *sink, rs_err *err)
{
    const rs_status s = sb->failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to print a benchmark") : RS_OK;
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(sb), sb->len);
    rs_strbuf_release(sb);
    return s;
}

rs_status rs_bench_write(const rs_bench *bench, rs_bench_format format, const rs_text_sink *sink,
                         rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, RS_BENCH_MAX_TEXT);
    if (format == RS_BENCH_JSON) {
        rs_bench_write_json(&sb, bench);
        rs_strbuf_puts(&sb, "\n");
    } else {
        write_tables(&sb, bench);
    }
    return rs_bench_put(&sb, sink, err);
}
