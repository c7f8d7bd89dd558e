/* One step of streaming softmax, down the columns. */
#ifndef RS_KERNEL_VEC_SOFTMAX_VEC_H
#define RS_KERNEL_VEC_SOFTMAX_VEC_H

#include "kernel/vec/math_vec.h"

/* 2^(s - top) for k columns of n rows. */
static RS_ALWAYS_INLINE void exp2_rows(float *dst, const float *s, size_t n, size_t ld, vf top, size_t k)
{
    vf x[EXP2_MOST];
    RS_UNROLL
    for (size_t u = 0; u < n; u++)
        x[u] = vf_sub(vf_ld(s + u * ld, k), top);
    exp2_of(x, n);
    RS_UNROLL
    for (size_t u = 0; u < n; u++)
        vf_st(dst + u * ld, x[u], k);
}

static RS_ALWAYS_INLINE void softmax_columns(float *s, size_t rows, size_t ld, const float *old,
                                             const float *top, float *rescale, size_t k)
{
    const vf t = vf_ld(top, k);
    exp2_rows(rescale, old, 1, 0, t, k);
    size_t r = 0;
    for (; r + EXP2_MOST <= rows; r += EXP2_MOST, s += EXP2_MOST * ld)
        exp2_rows(s, s, EXP2_MOST, ld, t, k);
    for (; r < rows; r++, s += ld)
        exp2_rows(s, s, 1, ld, t, k);
}

static void vec_softmax_step(float *s, size_t rows, size_t c, size_t ld, const float *old,
                             const float *top, float *rescale)
{
    VEC_EACH(c, softmax_columns(s + i, rows, ld, old + i, top + i, rescale + i, k));
}

#endif
