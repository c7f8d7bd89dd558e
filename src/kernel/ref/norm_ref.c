/* Layer norm, and group norm in two halves: the sums per channel, from which
 * the caller forms mean and variance of each group, and the scaling. */
#include "kernel/ref/ref.h"

#include <math.h>

static void layer_norm_row(float *dst, const float *x, const float *gamma, const float *beta,
                           size_t c, float eps)
{
    double sum = 0, square = 0;
    for (size_t j = 0; j < c; j++)
        sum += (double)x[j];
    const double mean = sum / (double)c;
    for (size_t j = 0; j < c; j++)
        square += ((double)x[j] - mean) * ((double)x[j] - mean);
    const double rstd = 1 / sqrt(square / (double)c + (double)eps);
    for (size_t j = 0; j < c; j++)
        dst[j] = (float)(((double)x[j] - mean) * rstd * (double)gamma[j] + (double)beta[j]);
}

void rs_ref_layer_norm(float *dst, const float *src, const float *gamma, const float *beta,
                       size_t rows, size_t c, float eps)
{
    for (size_t r = 0; r < rows; r++)
        layer_norm_row(dst + r * c, src + r * c, gamma, beta, c, eps);
}

void rs_ref_channel_sums(double *sum, double *sumsq, const float *x, size_t rows, size_t c, size_t ld)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < c; j++) {
            const double v = (double)x[r * ld + j];
            sum[j] += v;
            sumsq[j] += v * v;
        }
}

/* The argument of silu is rounded to float once, hence fmaf: for x near -9 the
 * function doubles what a rounding of its argument costs. */
void rs_ref_scale_shift(float *dst, size_t ld_dst, const float *src, size_t ld_src,
                        const float *scale, const float *shift, size_t rows, size_t c, bool silu)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < c; j++) {
            const float y = fmaf(src[r * ld_src + j], scale[j], shift[j]);
            dst[r * ld_dst + j] = silu ? (float)rs_ref_silu_value((double)y) : y;
        }
}
