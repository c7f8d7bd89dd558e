/* The simulated threads as tables and as JSON. */
#include "bench/write.h"

static void sections_row(rs_strbuf *sb, const rs_bench_sections *r, const char *what)
{
    rs_strbuf_printf(sb, "%-20s %8zu %8zu %8zu %9.4f %9.3f %9.3f", what, r->sections, r->pieces, r->fewest,
                     r->seconds, 1e3 * r->longest, 1e3 * r->lost);
}

void rs_bench_write_split(rs_strbuf *sb, const rs_bench_part *part)
{
    const rs_bench_split *s = part->split;
    char name[32];
    rs_strbuf_printf(sb, "\n%s, simulated: %zu parallel sections of %zu pieces, %.4f s serial\n",
                     rs_bench_spaced(part->name, name, sizeof(name)), s->sections, s->pieces,
                     s->serial_seconds);
    rs_strbuf_printf(sb, "%-7s %9s %8s %8s %8s\n", "threads", "seconds", "speed-up", "serial", "uneven");
    for (int i = 0; i < RS_BENCH_LANES; i++) {
        const rs_bench_lane *l = &s->lanes[i];
        rs_strbuf_printf(sb, "%-7d %9.3f %8.2f %7.2f%% %7.2f%%\n", l->threads, l->seconds,
                         rs_bench_rate(s->lanes[0].seconds, l->seconds),
                         100 * rs_bench_rate(s->serial_seconds, l->seconds),
                         100 * rs_bench_rate(l->uneven_seconds, l->seconds));
    }
    rs_strbuf_puts(sb, "without what threads share (caches, memory) and the time to wake them\n");
    rs_strbuf_printf(sb, "%-20s %8s %8s %8s %9s %9s %9s\n", "of these", "sections", "pieces", "fewest",
                     "seconds", "piece ms", "lost ms");
    for (size_t i = 0; i < s->n_kinds; i++) {
        sections_row(sb, &s->kinds[i], s->kinds[i].name);
        rs_strbuf_puts(sb, "\n");
    }
    rs_strbuf_printf(sb, "the %zu layers that lose most with %d threads:\n", s->n_layers,
                     s->lanes[RS_BENCH_LANES - 1].threads);
    for (size_t i = 0; i < s->n_layers; i++) {
        sections_row(sb, &s->layers[i], s->layers[i].kind);
        rs_strbuf_printf(sb, "  %s\n", s->layers[i].name);
    }
}

void rs_bench_write_split_json(rs_strbuf *sb, const rs_bench_part *part)
{
    const rs_bench_split *s = part->split;
    rs_strbuf_printf(sb, ",\n  \"%s_split_sections\": %zu,\n  \"%s_split_pieces\": %zu,\n"
                     "  \"%s_split_serial_s\": %.6f,\n  \"%s_split_work_s\": %.6f", part->name, s->sections,
                     part->name, s->pieces, part->name, s->serial_seconds, part->name, s->work_seconds);
    for (int i = 0; i < RS_BENCH_LANES; i++) {
        const rs_bench_lane *l = &s->lanes[i];
        rs_strbuf_printf(sb, ",\n  \"%s_split_%d_s\": %.6f,\n  \"%s_split_%d_speedup\": %.4f", part->name,
                         l->threads, l->seconds, part->name, l->threads,
                         rs_bench_rate(s->lanes[0].seconds, l->seconds));
        rs_strbuf_printf(sb, ",\n  \"%s_split_%d_serial_share\": %.6f", part->name, l->threads,
                         rs_bench_rate(s->serial_seconds, l->seconds));
    }
}
