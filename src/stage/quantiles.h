/* What share of some bytes is at or below a value, and back: histogram matching as
 * skimage.exposure.match_histograms does it, numpy.interp over cumulative shares. */
#ifndef RS_STAGE_QUANTILES_H
#define RS_STAGE_QUANTILES_H

#include <stddef.h>

typedef struct rs_quantiles {
    int n;                          /* values that occur, rising */
    double share[256], value[256];  /* how many are at or below; the value, 0 to 255 */
} rs_quantiles;

/* total: the sum of counts, above 0. */
void rs_quantiles_init(rs_quantiles *q, const size_t count[256], size_t total);
/* The value that a share x (0 to 1) lies at or below, between neighbours in proportion. x
 * rises from call to call; *at, 0 before the first, remembers where it was. */
double rs_quantiles_at(const rs_quantiles *q, double x, int *at);

#endif
