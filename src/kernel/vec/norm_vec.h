/* Layer norm and the two halves of group norm. Sums are taken in double: the
 * conversions hide behind the memory traffic, and group norm's mean of squares
 * minus square of the mean stays good when the mean is large. */
#ifndef RS_KERNEL_VEC_NORM_VEC_H
#define RS_KERNEL_VEC_NORM_VEC_H

#include <math.h>

#include "kernel/vec/math_vec.h"

/* The mean is rounded to float for the subtraction; what that loses (rest) is
 * put back by a fused multiply-add, so a mean far from 0 costs no accuracy. */
static void layer_norm_row(float *dst, const float *x, const float *gamma, const float *beta,
                           size_t c, float eps)
{
    vd sum = vd_set1(0), square = vd_set1(0);
    VEC_EACH(c, sum = vd_add(sum, vd_from(vf_ld(x + i, k))));
    const double mean = vd_sum(sum) / (double)c;
    const float near = (float)mean;
    const double rest = mean - (double)near;

    const vf m = vf_set1(near);
    VEC_EACH(c, const vd d = vd_from(vf_sub(vf_ld_or(x + i, k, m), m)); square = vd_fma(d, d, square));
    const double var = fmax(vd_sum(square) / (double)c - rest * rest, 0);
    const double rstd = 1 / sqrt(var + (double)eps);

    const vf scale = vf_set1((float)rstd), shift = vf_set1((float)(-rest * rstd));
    VEC_EACH(c, const vf z = vf_fma(vf_sub(vf_ld(x + i, k), m), scale, shift);
             vf_st(dst + i, vf_fma(z, vf_ld(gamma + i, k), vf_ld(beta + i, k)), k));
}

static void vec_layer_norm(float *dst, const float *src, const float *gamma, const float *beta,
                           size_t rows, size_t c, float eps)
{
    for (size_t r = 0; r < rows; r++)
        layer_norm_row(dst + r * c, src + r * c, gamma, beta, c, eps);
}

/* k channels of a few rows into their running sums. */
static RS_ALWAYS_INLINE void channel_sums_at(double *sum, double *sumsq, const float *x,
                                             size_t rows, size_t ld, size_t k)
{
    vd s = vd_ld(sum, k), q = vd_ld(sumsq, k);
    for (size_t r = 0; r < rows; r++) {
        const vd v = vd_from(vf_ld(x + r * ld, k));
        s = vd_add(s, v);
        q = vd_fma(v, v, q);
    }
    vd_st(sum, s, k);
    vd_st(sumsq, q, k);
}

/* Eight rows at a time: the sums travel between registers and L1 once for
 * eight reads, and the rows are eight sequential streams. */
static void vec_channel_sums(double *sum, double *sumsq, const float *x, size_t rows, size_t c, size_t ld)
{
    for (size_t r = 0; r < rows; r += 8) {
        const size_t few = rows - r < 8 ? rows - r : 8;
        VEC_EACH(c, channel_sums_at(sum + i, sumsq + i, x + r * ld + i, few, ld, k));
    }
}

static void vec_scale_shift(float *dst, size_t ld_dst, const float *src, size_t ld_src,
                            const float *scale, const float *shift, size_t rows, size_t c, bool act)
{
    for (size_t r = 0; r < rows; r++, dst += ld_dst, src += ld_src) {
        if (act)
            VEC_EACH(c, vf_st(dst + i, silu(vf_fma(vf_ld(src + i, k), vf_ld(scale + i, k),
                                                   vf_ld(shift + i, k))), k));
        else
            VEC_EACH(c, vf_st(dst + i, vf_fma(vf_ld(src + i, k), vf_ld(scale + i, k),
                                              vf_ld(shift + i, k)), k));
    }
}

#endif
