/* The one place that makes compute threads.
 *
 * rs_par_for runs fn for every index 0 <= i < n, spread over the workers as
 * they become free. Which worker takes which index is unspecified, so work must
 * be split by shape (never by thread count) and every index must write its own
 * output: then results are byte-identical for any number of threads. */
#ifndef RS_PAR_POOL_H
#define RS_PAR_POOL_H

#include <stddef.h>

#include "base/err.h"

typedef struct rs_pool rs_pool;

/* index: which piece; worker: 0 <= worker < rs_pool_threads(), for scratch. */
typedef void rs_par_fn(void *arg, size_t index, int worker);

/* threads <= 0: one per processor this process may run on. The caller of
 * rs_par_for works along as worker 0, so threads = 1 starts none. */
rs_status rs_pool_open(int threads, rs_pool **pool, rs_err *err);
void rs_pool_close(rs_pool **pool);

int rs_pool_threads(const rs_pool *pool);

/* Returns when all indices are done. Not reentrant: fn must not call it on the
 * same pool, and one thread at a time may use a pool. */
void rs_par_for(rs_pool *pool, size_t n, rs_par_fn *fn, void *arg);

/* Told of every piece, in its order, with the rs_clock_cpu() between which it ran: other
 * programs do not count. */
typedef void rs_par_watch(void *cookie, size_t index, size_t n, double start, double end);

/* From now on the calling thread runs all pieces alone, one by one, and watch hears of
 * each; with watch NULL the workers take them again. Not while a job runs. */
void rs_pool_watch(rs_pool *pool, rs_par_watch *watch, void *cookie);

#endif
