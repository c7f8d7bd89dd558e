/* How work would spread over more threads: see rs_bench_split. */
#ifndef RS_BENCH_SPLIT_H
#define RS_BENCH_SPLIT_H

#include "base/arena.h"
#include "restyle/bench.h"
#include "tensor/prof.h"

typedef struct rs_split rs_split;

rs_status rs_split_open(rs_split **split, rs_err *err);
void rs_split_close(rs_split **split);

/* Deals piece `index` of a section of n to the simulated threads. start, end: seconds of
 * processor time; at: rs_clock_now() within the section. */
void rs_split_add(rs_split *split, size_t index, size_t n, double start, double end, double at);
/* The same as an rs_par_watch, now. */
void rs_split_piece(void *split, size_t index, size_t n, double start, double end);

/* Adds up what the pieces of a run of that many seconds of processor time were. events: the run's, in
 * their order, which name the sections. The result and its strings are memory of arena. */
rs_status rs_split_tally(const rs_split *split, double seconds, const rs_prof_event *events, size_t n,
                         rs_arena *arena, const rs_bench_split **out, rs_err *err);

#endif
