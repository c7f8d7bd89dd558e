#include "bench/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

_Static_assert((int)RS_PROF_KINDS <= (int)RS_BENCH_MAX_KINDS, "a row for every kind");

struct copier {
    rs_prof_event *to;
    size_t n;
};

static void count(void *cookie, const rs_prof_event *e)
{
    (void)e;
    ((struct copier *)cookie)->n++;
}

static void copy(void *cookie, const rs_prof_event *e)
{
    struct copier *c = cookie;
    c->to[c->n++] = *e;
}

rs_status rs_bench_keep(rs_arena *arena, const rs_prof *prof, rs_bench_run_record *run, rs_err *err)
{
    struct copier c = { 0 };
    rs_prof_each(prof, count, &c);
    c.to = RS_NEW_N(arena, rs_prof_event, c.n);
    if (!c.to || rs_prof_lost(prof))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a profile");
    c.n = 0;
    rs_prof_each(prof, copy, &c);
    run->events = c.to;
    run->n = c.n;
    return RS_OK;
}

static int by_run_seconds(const void *a, const void *b)
{
    const rs_bench_run_record *x = a, *y = b;
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

static int by_row_seconds(const void *a, const void *b)
{
    const rs_bench_row *x = a, *y = b;
    return (y->seconds > x->seconds) - (y->seconds < x->seconds);
}

/* A layer may record several operations of a kind, and operations of two kinds. */
static int by_layer(const void *a, const void *b)
{
    const rs_prof_event *x = a, *y = b;
    const int names = strcmp(x->label, y->label);
    return names ? names : (int)x->kind - (int)y->kind;
}

static void add(rs_bench_row *row, const rs_prof_event *e)
{
    row->calls++;
    row->seconds += e->seconds;
    row->gflop += e->flops * 1e-9;
    row->gbyte += e->bytes * 1e-9;
}

static void sum_kinds(const rs_bench_run_record *run, rs_bench_part *part)
{
    rs_bench_row rows[RS_PROF_KINDS] = { 0 };
    for (size_t i = 0; i < run->n; i++) {
        const rs_prof_event *e = &run->events[i];
        rows[e->kind].name = rs_prof_kind_name(e->kind);
        add(&rows[e->kind], e);
        part->gflop += e->flops * 1e-9;
        part->gbyte += e->bytes * 1e-9;
    }
    part->attention_seconds = rows[RS_PROF_SELF_ATTENTION].seconds;
    for (int k = 0; k < RS_PROF_KINDS; k++)
        if (rows[k].calls)
            part->kinds[part->n_kinds++] = rows[k];
    qsort(part->kinds, part->n_kinds, sizeof(rows[0]), by_row_seconds);
}

/* Reorders the events. */
static rs_status sum_layers(rs_arena *arena, rs_bench_run_record *run, rs_bench_part *part, rs_err *err)
{
    rs_bench_row *rows = RS_NEW_N(arena, rs_bench_row, run->n + 1);
    size_t n = 0;
    if (!rows)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a table of %zu operations", run->n);
    qsort(run->events, run->n, sizeof(run->events[0]), by_layer);
    for (size_t i = 0; i < run->n; i++) {
        const rs_prof_event *e = &run->events[i];
        if (i == 0 || by_layer(e, e - 1) != 0)
            rows[n++] = (rs_bench_row){ .name = e->label, .kind = rs_prof_kind_name(e->kind) };
        add(&rows[n - 1], e);
    }
    qsort(rows, n, sizeof(rows[0]), by_row_seconds);
    part->n_layers = n < RS_BENCH_MAX_LAYERS ? n : RS_BENCH_MAX_LAYERS;
    for (size_t i = 0; i < part->n_layers; i++) {
        part->layers[i] = rows[i];
        part->layers[i].name = rs_arena_strdup(arena, rows[i].name); /* the model goes */
        if (!part->layers[i].name)
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the name of a layer");
    }
    return RS_OK;
}

rs_status rs_bench_tally(rs_arena *arena, rs_bench_run_record *runs, size_t n, rs_bench_part *part,
                         rs_err *err)
{
    qsort(runs, n, sizeof(runs[0]), by_run_seconds);
    rs_bench_run_record *middle = &runs[(n - 1) / 2];
    part->runs = (int)n;
    part->best = runs[0].seconds;
    part->seconds = (middle->seconds + runs[n / 2].seconds) / 2;
    part->row_seconds = middle->seconds;
    sum_kinds(middle, part);
    return sum_layers(arena, middle, part, err);
}

double rs_bench_needed(const rs_bench_part *part)
{
    double gflop = 0;
    for (size_t i = 0; i < part->n_kinds; i++) {
        const bool winograd = part->kinds[i].name == rs_prof_kind_name(RS_PROF_WINOGRAD);
        gflop += winograd ? part->kinds[i].gflop / 4 : part->kinds[i].gflop;
    }
    return gflop;
}
