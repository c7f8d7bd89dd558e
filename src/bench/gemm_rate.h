/* The rate of plain matrix products on this machine. */
#ifndef RS_BENCH_GEMM_RATE_H
#define RS_BENCH_GEMM_RATE_H

#include "tensor/exec.h"

/* Best of several runs over all threads, in GFLOP/s: our packed product, and the
 * same rows cut into one BLAS product a thread. Each is raised to what was found,
 * so that a second call catches what disturbed the first. Takes about a second. */
rs_status rs_gemm_rates(const rs_exec *ex, double *own, double *blas, rs_err *err);

#endif
