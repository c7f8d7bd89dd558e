/* Products of bfloat16 bit for bit as x86 computes them: Intel's Software Developer's
 * Manual, volume 2, VDPBF16PS ("FP32 FMA with daz in, ftz out and RNE rounding. MXCSR
 * neither consulted nor updated", the odd half of a pair before the even one) and
 * VCVTNEPS2BF16. */
#include <math.h>
#include <string.h>

#include "kernel/ref/ref.h"

/* Denormals are 0 of their sign. */
static float widen(uint16_t half)
{
    const uint32_t bits = (uint32_t)((half & 0x7f80) ? half : half & 0x8000) << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* c + a*b rounded once. What is below the normal numbers even when rounded to 24 bits is
 * flushed: half of the last of these bits is 2^-151. The sum in double is exact wherever
 * that decides, since a product has 16 bits. */
static float fma_flush(uint16_t a, uint16_t b, float c)
{
    const float x = widen(a), y = widen(b), z = fabsf(c) < 0x1p-126f ? copysignf(0, c) : c;
    const float r = fmaf(x, y, z);
    return fabs((double)x * (double)y + (double)z) < 0x1p-126 - 0x1p-151 ? copysignf(0, r) : r;
}

float rs_ref_dot_bf16(float c, const uint16_t a[2], const uint16_t b[2])
{
    return fma_flush(a[0], b[0], fma_flush(a[1], b[1], c));
}

void rs_ref_gemm_bf16(const rs_gemm_block *g)
{
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            float v = 0;
            for (size_t l = 0; l < g->k; l++)
                v = rs_ref_dot_bf16(v, g->a2[g->a_trans ? l * g->lda + i : i * g->lda + l].v,
                                    g->b2[l * g->ldb + j].v);
            v += g->bias ? g->bias[j] : 0;
            if (g->res)
                v = fmaf(g->res[i * g->ldres + j], g->res_scale ? g->res_scale[j] : 1, v);
            g->c[i * g->ldc + j] = v;
            if (g->col_max && !(g->col_max[j] > v))
                g->col_max[j] = v;
        }
}

static uint16_t narrow(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (isnan(f))
        return (uint16_t)(bits >> 16 | 0x40);
    if (!(bits & 0x7f800000))
        return (uint16_t)(bits >> 16 & 0x8000);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void rs_ref_f32_to_bf16(uint16_t *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = narrow(src[i]);
}

void rs_ref_bf16_pairs(rs_bf16_pair *dst, const float *src, size_t rows, size_t c, size_t ld)
{
    for (size_t r = 0; r < rows; r += 2, src += 2 * ld, dst += c)
        for (size_t j = 0; j < c; j++) {
            const uint16_t first = narrow(src[j]), second = r + 1 < rows ? narrow(src[ld + j]) : 0;
            dst[j] = (rs_bf16_pair){{first, second}};
        }
}
