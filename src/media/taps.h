/* The weights of one axis of a resize, as Pillow computes them (Resample.c of
 * libImaging, precompute_coeffs): a kernel centred on each output pixel, widened
 * by the ratio when shrinking, cut off at the border and normalised. */
#ifndef RS_MEDIA_TAPS_H
#define RS_MEDIA_TAPS_H

#include "base/err.h"

typedef enum rs_filter {
    RS_FILTER_BICUBIC, /* a = -0.5, two lobes */
    RS_FILTER_LANCZOS, /* three lobes */
    RS_FILTER_AREA     /* none of Pillow's: what each output pixel covers, by its share */
} rs_filter;

/* Output pixel i is the sum of weight[i * width + k] * input[first[i] + k] over
 * k < count[i]. */
typedef struct rs_taps {
    int n;     /* output pixels */
    int width; /* room for weights, an output pixel */
    int *first, *count;
    double *weight;
} rs_taps;

/* Output pixels start .. start + n of an axis of `to` pixels made from `from`.
 * Zero *taps first; release it whatever happens. */
rs_status rs_taps_init(rs_taps *taps, rs_filter filter, int from, int to, int start, int n,
                       rs_err *err);
void rs_taps_release(rs_taps *taps); /* zeroes *taps */

#endif
