/* 8-bit samples to [-1, 1] and back. */
#ifndef RS_KERNEL_VEC_PIXELS_VEC_H
#define RS_KERNEL_VEC_PIXELS_VEC_H

#include "kernel/vec/each_vec.h"

/* (2v - 255) / 255: one rounding, as in the reference. */
static RS_ALWAYS_INLINE void u8_to_f32_at(float *dst, const uint8_t *src, size_t k)
{
    uint8_t part[VF_N] = {0};
    if (k != VF_N)
        src = memcpy(part, src, k);
    const vf v = vf_from_u8(src);
    vf_st(dst, vf_div(vf_sub(vf_add(v, v), vf_set1(255)), vf_set1(255)), k);
}

static void vec_u8_to_f32(float *dst, const uint8_t *src, size_t n)
{
    VEC_EACH(n, u8_to_f32_at(dst + i, src + i, k));
}

/* A NaN becomes -1, the second operand of max. In double 127.5*v is exact, and
 * truncation after adding a half more rounds half up. */
static RS_ALWAYS_INLINE void f32_to_u8_at(uint8_t *dst, const float *src, size_t k)
{
    const vf v = vf_min(vf_max(vf_ld(src, k), vf_set1(-1)), vf_set1(1));
    const vd t = vd_fma(vd_from(v), vd_set1(127.5), vd_set1(128));
    uint8_t part[VF_N];
    vd_store_u8(k == VF_N ? dst : part, t);
    if (k != VF_N)
        memcpy(dst, part, k);
}

static void vec_f32_to_u8(uint8_t *dst, const float *src, size_t n)
{
    VEC_EACH(n, f32_to_u8_at(dst + i, src + i, k));
}

#endif
