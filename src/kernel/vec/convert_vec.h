/* 16-bit formats to float32: loads that widen. */
#ifndef RS_KERNEL_VEC_CONVERT_VEC_H
#define RS_KERNEL_VEC_CONVERT_VEC_H

#include "kernel/vec/each_vec.h"

/* p itself, or for the partial vector a copy that can be read in full. */
static RS_ALWAYS_INLINE const uint16_t *whole_u16(uint16_t part[VF_N], const uint16_t *p, size_t k)
{
    if (k == VF_N)
        return p;
    memset(part, 0, VF_N * sizeof *part);
    return memcpy(part, p, k * sizeof *p);
}

static void vec_f16_to_f32(float *dst, const uint16_t *src, size_t n)
{
    uint16_t part[VF_N];
    VEC_EACH(n, vf_st(dst + i, vf_from_f16(whole_u16(part, src + i, k)), k));
}

static void vec_bf16_to_f32(float *dst, const uint16_t *src, size_t n)
{
    uint16_t part[VF_N];
    VEC_EACH(n, vf_st(dst + i, vf_from_bf16(whole_u16(part, src + i, k)), k));
}

#endif
