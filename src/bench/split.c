/* Pieces are dealt to all simulated numbers of threads as they come, so that only
 * sections need memory: in the order of their numbers, each to the thread that is free
 * first, which is how workers draw them from the pool's counter. */
#include "bench/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define MOST_THREADS 16
#define LAST (RS_BENCH_LANES - 1)

static const char outside[] = "between them"; /* operations that are recorded */

static const int lane_threads[RS_BENCH_LANES] = { 1, 2, 4, 8, MOST_THREADS };

struct section {
    double start, end; /* processor time */
    double at;         /* clock */
    size_t pieces;
    double seconds, longest;
    double lanes[RS_BENCH_LANES]; /* until the last thread is done */
};

struct rs_split {
    struct section *sections;
    size_t n, cap;
    bool lost; /* no memory for some */
    double busy[RS_BENCH_LANES][MOST_THREADS];
    struct section now;
};

rs_status rs_split_open(rs_split **split, rs_err *err)
{
    rs_split *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to simulate threads");
    *split = s;
    return RS_OK;
}

void rs_split_close(rs_split **split)
{
    if (!split || !*split)
        return;
    rs_free((*split)->sections);
    rs_free(*split);
    *split = NULL;
}

static void keep(rs_split *s)
{
    if (s->n == s->cap) {
        const size_t size = sizeof(s->sections[0]), cap = s->cap ? 2 * s->cap : 1024;
        struct section *more = rs_realloc(s->sections, s->n * size, cap * size);
        if (!more) {
            s->lost = true;
            return;
        }
        s->sections = more;
        s->cap = cap;
    }
    s->sections[s->n++] = s->now;
}

/* To the thread that is free first; the time at which the section's last one is. */
static double deal(double *busy, int threads, double seconds, double end)
{
    int first = 0;
    for (int t = 1; t < threads; t++)
        first = busy[t] < busy[first] ? t : first;
    busy[first] += seconds;
    return busy[first] > end ? busy[first] : end;
}

void rs_split_add(rs_split *s, size_t index, size_t n, double start, double end, double at)
{
    const double seconds = end - start;
    if (index == 0) {
        memset(s->busy, 0, sizeof(s->busy));
        s->now = (struct section){ .start = start, .at = at, .pieces = n };
    }
    s->now.seconds += seconds;
    s->now.longest = seconds > s->now.longest ? seconds : s->now.longest;
    for (int i = 0; i < RS_BENCH_LANES; i++)
        s->now.lanes[i] = deal(s->busy[i], lane_threads[i], seconds, s->now.lanes[i]);
    if (index + 1 < n)
        return;
    s->now.end = end;
    keep(s);
}

void rs_split_piece(void *split, size_t index, size_t n, double start, double end)
{
    rs_split_add(split, index, n, start, end, rs_clock_now());
}

/* seconds = serial + work / threads + uneven, for each number of threads. */
static void sum_lanes(const rs_split *s, double seconds, rs_bench_split *out)
{
    double parallel[RS_BENCH_LANES] = { 0 };
    out->serial_seconds = seconds;
    out->sections = s->n;
    for (size_t i = 0; i < s->n; i++) {
        const struct section *c = &s->sections[i];
        out->pieces += c->pieces;
        out->serial_seconds -= c->end - c->start;
        if (c->pieces == 1) {
            out->serial_seconds += c->seconds;
            continue;
        }
        out->work_seconds += c->seconds;
        for (int k = 0; k < RS_BENCH_LANES; k++)
            parallel[k] += c->lanes[k];
    }
    for (int k = 0; k < RS_BENCH_LANES; k++)
        out->lanes[k] = (rs_bench_lane){
            .threads = lane_threads[k], .seconds = out->serial_seconds + parallel[k],
            .uneven_seconds = parallel[k] - out->work_seconds / lane_threads[k] };
}

static void add(rs_bench_sections *row, const struct section *c)
{
    row->fewest = row->sections == 0 || c->pieces < row->fewest ? c->pieces : row->fewest;
    row->longest = c->longest > row->longest ? c->longest : row->longest;
    row->sections++;
    row->pieces += c->pieces;
    row->seconds += c->seconds;
    row->lost += c->lanes[LAST] - c->seconds / MOST_THREADS;
}

static int by_seconds(const void *a, const void *b)
{
    const rs_bench_sections *x = a, *y = b;
    return (y->seconds > x->seconds) - (y->seconds < x->seconds);
}

static int by_lost(const void *a, const void *b)
{
    const rs_bench_sections *x = a, *y = b;
    return (y->lost > x->lost) - (y->lost < x->lost);
}

static void sum_kinds(const rs_split *s, const rs_bench_sections *names, rs_bench_split *out)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t k = 0;
        while (k < out->n_kinds && out->kinds[k].name != names[i].kind)
            k++;
        if (k == out->n_kinds)
            out->kinds[out->n_kinds++] = (rs_bench_sections){ .name = names[i].kind };
        add(&out->kinds[k], &s->sections[i]);
    }
    qsort(out->kinds, out->n_kinds, sizeof(out->kinds[0]), by_seconds);
}

/* rows: one for each section, and afterwards one for each operation of a layer. */
static rs_status sum_layers(const rs_split *s, rs_bench_sections *rows, rs_arena *arena,
                            rs_bench_split *out, rs_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) { /* sections of one operation follow one another */
        if (n == 0 || rows[n - 1].name != rows[i].name || rows[n - 1].kind != rows[i].kind)
            rows[n++] = (rs_bench_sections){ .name = rows[i].name, .kind = rows[i].kind };
        add(&rows[n - 1], &s->sections[i]);
    }
    qsort(rows, n, sizeof(rows[0]), by_lost);
    out->n_layers = n < RS_BENCH_MAX_LAYERS ? n : RS_BENCH_MAX_LAYERS;
    for (size_t i = 0; i < out->n_layers; i++) {
        out->layers[i] = rows[i];
        out->layers[i].name = rs_arena_strdup(arena, rows[i].name); /* the model goes */
        if (!out->layers[i].name)
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the name of a layer");
    }
    return RS_OK;
}

rs_status rs_split_tally(const rs_split *split, double seconds, const rs_prof_event *events, size_t n,
                         rs_arena *arena, const rs_bench_split **out, rs_err *err)
{
    rs_bench_split *o = RS_NEW_N(arena, rs_bench_split, 1);
    rs_bench_sections *rows = RS_NEW_N(arena, rs_bench_sections, split->n + 1);
    if (!o || !rows || split->lost)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu parallel sections", split->n);
    *o = (rs_bench_split){ 0 };
    for (size_t i = 0, e = 0; i < split->n; i++) {
        const double at = split->sections[i].at;
        while (e < n && events[e].start + events[e].seconds < at)
            e++;
        const bool in = e < n && events[e].start <= at;
        rows[i] = (rs_bench_sections){ .name = in ? events[e].label : outside,
                                       .kind = in ? rs_prof_kind_name(events[e].kind) : outside };
    }
    sum_lanes(split, seconds, o);
    sum_kinds(split, rows, o);
    RS_TRY(sum_layers(split, rows, arena, o, err));
    *out = o;
    return RS_OK;
}
