/* The vector shim in plain C: what every wrapper of kernel/vec/simd_*.h means,
 * lane by lane. checkkern runs the bodies over it at both widths, so the 16-wide
 * code is tested where no processor runs it, and demands that a real tier gives
 * the same bits as its twin here. VF_N is set by the including file. */
#ifndef RS_CHECKKERN_SIMD_EMU_H
#define RS_CHECKKERN_SIMD_EMU_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "kernel/ref/ref.h"

typedef struct vf {
    float f[VF_N];
} vf;
typedef struct vd {
    double d[VF_N];
} vd;

/* Calls, not inlined: the tiles of gemm repeat them thousands of times. */
#define EMU static RS_UNUSED __attribute__((noinline))
#define LANES for (size_t l = 0; l < VF_N; l++)
#define UNARY(name, expr) \
    EMU vf name(vf a) { vf r; LANES r.f[l] = (expr); return r; }
#define BINARY(name, expr) \
    EMU vf name(vf a, vf b) { vf r; LANES r.f[l] = (expr); return r; }
#define TERNARY(name, expr) \
    EMU vf name(vf a, vf b, vf c) { vf r; LANES r.f[l] = (expr); return r; }

BINARY(vf_add, a.f[l] + b.f[l])
BINARY(vf_sub, a.f[l] - b.f[l])
BINARY(vf_mul, a.f[l] * b.f[l])
BINARY(vf_div, a.f[l] / b.f[l])
BINARY(vf_max, a.f[l] > b.f[l] ? a.f[l] : b.f[l])
BINARY(vf_min, a.f[l] < b.f[l] ? a.f[l] : b.f[l])
TERNARY(vf_fma, fmaf(a.f[l], b.f[l], c.f[l]))
TERNARY(vf_fnma, fmaf(-a.f[l], b.f[l], c.f[l]))
TERNARY(vf_fms, fmaf(a.f[l], b.f[l], -c.f[l]))
UNARY(vf_neg, -a.f[l])
UNARY(vf_abs, fabsf(a.f[l]))
UNARY(vf_round, rintf(a.f[l]))
UNARY(vf_pow2, a.f[l] < -126 ? 0 : a.f[l] > 127 ? INFINITY : isnan(a.f[l]) ? 1 : ldexpf(1, (int)a.f[l]))

EMU vf vf_load(const float *p)
{
    vf r;
    memcpy(&r, p, sizeof r);
    return r;
}
EMU void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
EMU vf vf_load_n(const float *p, size_t n, vf fill)
{
    memcpy(&fill, p, n * sizeof *p);
    return fill;
}
EMU void vf_store_n(float *p, vf a, size_t n) { memcpy(p, &a, n * sizeof *p); }
EMU vf vf_set1(float a)
{
    vf r;
    LANES r.f[l] = a;
    return r;
}
EMU vf vf_exponent_add(vf a, vf n)
{
    uint32_t p[VF_N], k[VF_N];
    memcpy(p, &a, sizeof a);
    memcpy(k, &n, sizeof n);
    LANES p[l] += k[l] << 23;
    memcpy(&a, p, sizeof a);
    return a;
}

static inline vf vf_from_f16(const uint16_t *p)
{
    vf r;
    rs_ref_f16_to_f32(r.f, p, VF_N);
    return r;
}
static inline vf vf_from_bf16(const uint16_t *p)
{
    vf r;
    rs_ref_bf16_to_f32(r.f, p, VF_N);
    return r;
}
static inline vf vf_from_u8(const uint8_t *p)
{
    vf r;
    LANES r.f[l] = (float)p[l];
    return r;
}

static inline vd vd_set1(double a)
{
    vd r;
    LANES r.d[l] = a;
    return r;
}
static inline vd vd_load(const double *p)
{
    vd r;
    memcpy(&r, p, sizeof r);
    return r;
}
static inline void vd_store(double *p, vd a) { memcpy(p, &a, sizeof a); }
static inline vd vd_from(vf a)
{
    vd r;
    LANES r.d[l] = (double)a.f[l];
    return r;
}
static inline vd vd_add(vd a, vd b)
{
    LANES a.d[l] += b.d[l];
    return a;
}
static inline vd vd_fma(vd a, vd b, vd c)
{
    LANES c.d[l] = fma(a.d[l], b.d[l], c.d[l]);
    return c;
}
static inline double vd_sum(vd a)
{
    for (size_t half = VF_N / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++)
            a.d[l] += a.d[l + half];
    return a.d[0];
}
static inline void vd_store_u8(uint8_t *p, vd a)
{
    LANES p[l] = (uint8_t)a.d[l];
}
EMU void vf_store_u8(uint8_t *p, vf a)
{
    LANES p[l] = (uint8_t)a.f[l];
}
EMU void vf_store_i16(int16_t *p, vf a)
{
    LANES p[l] = (int16_t)a.f[l];
}

typedef union vi {
    int32_t i[VF_N];
    int16_t h[2 * VF_N];
    uint16_t w[2 * VF_N];
    int8_t s[4 * VF_N];
    uint8_t u[4 * VF_N];
} vi;

EMU vi vi_load(const void *p)
{
    vi r;
    memcpy(&r, p, sizeof r);
    return r;
}
EMU void vi_store(void *p, vi a) { memcpy(p, &a, sizeof a); }
EMU vi vi_set1(int32_t a)
{
    vi r;
    LANES r.i[l] = a;
    return r;
}
EMU vi vi_sub(vi a, vi b)
{
    LANES a.i[l] -= b.i[l];
    return a;
}
EMU vi vi_mul(vi a, vi b)
{
    LANES a.i[l] *= b.i[l];
    return a;
}
EMU vf vf_from_vi(vi a)
{
    vf r;
    LANES r.f[l] = (float)a.i[l];
    return r;
}
EMU vi vi_spread(const void *p)
{
    int32_t word;
    memcpy(&word, p, sizeof word);
    return vi_set1(word);
}
EMU vi vi_widen_s8(const int8_t *p)
{
    vi r;
    for (size_t l = 0; l < 2 * VF_N; l++)
        r.h[l] = p[l];
    return r;
}
EMU vi vi_dot2(vi c, vi a, vi b)
{
    LANES c.i[l] += a.h[2 * l] * b.h[2 * l] + a.h[2 * l + 1] * b.h[2 * l + 1];
    return c;
}
#ifdef VI_DOT4
EMU vi vi_dot4(vi c, vi a, vi b)
{
    LANES for (size_t t = 4 * l; t < 4 * l + 4; t++)
        c.i[l] += a.u[t] * b.s[t];
    return c;
}
#endif

#ifdef VF_DOT_BF16
EMU vf vf_dot_bf16(vf c, vi a, vi b)
{
    LANES c.f[l] = rs_ref_dot_bf16(c.f[l], a.w + 2 * l, b.w + 2 * l);
    return c;
}
EMU void vf_store_bf16(uint16_t *p, vf a) { rs_ref_f32_to_bf16(p, a.f, VF_N); }
EMU vf vf_bf16_pairs(vf first, vf second)
{
    vi r;
    vf bits;
    LANES {
        rs_ref_f32_to_bf16(r.w + 2 * l, first.f + l, 1);
        rs_ref_f32_to_bf16(r.w + 2 * l + 1, second.f + l, 1);
    }
    memcpy(&bits, &r, sizeof bits);
    return bits;
}
#endif

#endif
