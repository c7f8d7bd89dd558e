/* Element by element arithmetic and the activations. */
#ifndef RS_KERNEL_VEC_ELTWISE_VEC_H
#define RS_KERNEL_VEC_ELTWISE_VEC_H

#include "kernel/vec/math_vec.h"

static void vec_add(float *dst, const float *a, const float *b, size_t n)
{
    VEC_EACH(n, vf_st(dst + i, vf_add(vf_ld(a + i, k), vf_ld(b + i, k)), k));
}

static void vec_axpby(float *dst, float a, const float *x, float b, const float *y, size_t n)
{
    const vf va = vf_set1(a), vb = vf_set1(b);
    VEC_EACH(n, vf_st(dst + i, vf_add(vf_mul(va, vf_ld(x + i, k)), vf_mul(vb, vf_ld(y + i, k))), k));
}

static void vec_add_bias(float *x, const float *bias, size_t rows, size_t c)
{
    for (size_t r = 0; r < rows; r++, x += c)
        VEC_EACH(c, vf_st(x + i, vf_add(vf_ld(x + i, k), vf_ld(bias + i, k)), k));
}

static void vec_silu(float *dst, const float *src, size_t n)
{
    VEC_EACH(n, vf_st(dst + i, silu(vf_ld(src + i, k)), k));
}

static void vec_gelu(float *dst, const float *src, size_t n)
{
    VEC_EACH(n, vf_st(dst + i, gelu(vf_ld(src + i, k)), k));
}

static void vec_quick_gelu(float *dst, const float *src, size_t n)
{
    VEC_EACH(n, vf_st(dst + i, quick_gelu(vf_ld(src + i, k)), k));
}

static void vec_geglu(float *dst, const float *gate, size_t n)
{
    VEC_EACH(n, vf_st(dst + i, vf_mul(vf_ld(dst + i, k), gelu(vf_ld(gate + i, k))), k));
}

#endif
