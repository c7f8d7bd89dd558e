/* Operations of a run, added up by kind and by layer. */
#ifndef RS_BENCH_TALLY_H
#define RS_BENCH_TALLY_H

#include "base/arena.h"
#include "restyle/bench.h"
#include "tensor/prof.h"

/* One timed run. */
typedef struct rs_bench_run_record {
    double seconds;
    rs_prof_event *events;
    size_t n;
} rs_bench_run_record;

/* Copies what prof holds into memory of arena. */
rs_status rs_bench_keep(rs_arena *arena, const rs_prof *prof, rs_bench_run_record *run, rs_err *err);

/* Fills part from its runs, which are reordered; names are copied into arena.
 * floor_seconds stays what it was. */
rs_status rs_bench_tally(rs_arena *arena, rs_bench_run_record *runs, size_t n, rs_bench_part *part,
                         rs_err *err);

/* GFLOP that the events needed: see rs_bench_part.floor_seconds. */
double rs_bench_needed(const rs_bench_part *part);

#endif
