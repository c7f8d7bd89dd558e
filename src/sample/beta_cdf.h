/* Quantiles of a beta distribution, to the nearest of n even places. */
#ifndef RS_SAMPLE_BETA_CDF_H
#define RS_SAMPLE_BETA_CDF_H

#include "base/arena.h"
#include "base/err.h"

/* A table of n - 1 values in arena; n >= 2. RS_E_RANGE unless both shapes are within
 * 0.01 to 100. */
rs_status rs_beta_table(rs_arena *arena, double alpha, double beta, int n, const double **out, rs_err *err);

/* rint(ppf(p) * (n - 1)), ppf as scipy.stats.beta's; 0 <= p <= 1. */
int rs_beta_quantile(const double *table, int n, double p);

#endif
