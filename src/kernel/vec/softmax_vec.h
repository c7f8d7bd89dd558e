/* One step of streaming softmax, down the columns. */
#ifndef RS_KERNEL_VEC_SOFTMAX_VEC_H
#define RS_KERNEL_VEC_SOFTMAX_VEC_H

#include "kernel/vec/math_vec.h"

/* s = 2^(s - top) for k columns of up to EXP2_N rows, and their sum in float. */
static RS_ALWAYS_INLINE vf exp2_rows(float *s, size_t rows, size_t ld, vf top, size_t k)
{
    vf x[EXP2_N];
    RS_UNROLL
    for (size_t u = 0; u < EXP2_N; u++)
        x[u] = u < rows ? vf_sub(vf_ld(s + u * ld, k), top) : vf_set1(-INFINITY);
    exp2_of(x);
    RS_UNROLL
    for (size_t u = 0; u < EXP2_N; u++)
        if (u < rows)
            vf_st(s + u * ld, x[u], k);
    return vf_add(vf_add(x[0], x[1]), vf_add(x[2], x[3]));
}

/* k columns. Four values are added in float (two roundings each), then go to
 * double. */
static RS_ALWAYS_INLINE void softmax_columns(float *s, size_t rows, size_t ld, const float *old,
                                             const float *top, float *sum, float *rescale, size_t k)
{
    const vf t = vf_ld(top, k), none = vf_set1(-INFINITY);
    vf f[EXP2_N] = { vf_sub(vf_ld(old, k), t), none, none, none };
    exp2_of(f);
    vf_st(rescale, f[0], k);
    vd all = vd_set1(0);
    size_t r = 0;
    for (; r + EXP2_N <= rows; r += EXP2_N)
        all = vd_add(all, vd_from(exp2_rows(s + r * ld, EXP2_N, ld, t, k)));
    if (r < rows)
        all = vd_add(all, vd_from(exp2_rows(s + r * ld, rows - r, ld, t, k)));
    vf_st(sum, vf_from_vd(vd_fma(vd_from(vf_ld(sum, k)), vd_from(f[0]), all)), k);
}

static void vec_softmax_step(float *s, size_t rows, size_t c, size_t ld, const float *old,
                             const float *top, float *sum, float *rescale)
{
    VEC_EACH(c, softmax_columns(s + i, rows, ld, old + i, top + i, sum + i, rescale + i, k));
}

#endif
