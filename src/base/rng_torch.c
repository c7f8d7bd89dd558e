/* torch's CPU generator: mt19937 and two ways to make normals of it.
 *
 * Fewer than 16 values: Box-Muller in double precision on 53-bit uniforms, one
 * value at a time, the other of each pair kept for the next, even for the next
 * call. From 16 values on: 24-bit uniforms for all, then Box-Muller in single
 * precision on blocks of 16 (eight radii, then eight angles); a last block that
 * is not full is drawn again as the last 16 values.
 *
 * torch computes those blocks with its own vector log, sine and cosine (the
 * single-precision routines of S. Moshier's Cephes library, compiled to fused
 * multiply-adds), whose last bits differ from the C library's in one value of
 * six. The same steps are spelled out here with fmaf, so that the values are
 * torch's bit for bit and depend on no C library or processor. */
#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { MT_SHIFT = 397, BLOCK = 16, HALF = 8 };
#define PI 3.14159265358979323846

void rs_rng_torch_seed(rs_rng_torch *rng, uint64_t seed)
{
    rng->state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < RS_MT_WORDS; i++) {
        const uint32_t last = rng->state[i - 1];
        rng->state[i] = 1812433253u * (last ^ (last >> 30)) + i;
    }
    rng->next = RS_MT_WORDS;
    rng->has_spare = false;
    rng->spare = 0;
}

/* Matsumoto and Nishimura's recurrence over the whole state. */
static void mt_refill(uint32_t *s)
{
    for (int i = 0; i < RS_MT_WORDS; i++) {
        const uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % RS_MT_WORDS] & 0x7fffffffu);
        s[i] = s[(i + MT_SHIFT) % RS_MT_WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
}

static uint32_t mt_next(rs_rng_torch *rng)
{
    if (rng->next == RS_MT_WORDS) {
        mt_refill(rng->state);
        rng->next = 0;
    }
    uint32_t y = rng->state[rng->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static float uniform24(rs_rng_torch *rng)
{
    return (float)(mt_next(rng) & 0xffffffu) * 0x1p-24f;
}

static double uniform53(rs_rng_torch *rng)
{
    const uint64_t high = mt_next(rng);
    const uint64_t bits = high << 32 | mt_next(rng);
    return (double)(bits & 0x1fffffffffffffu) * 0x1p-53;
}

static double normal_one(rs_rng_torch *rng)
{
    if (rng->has_spare) {
        rng->has_spare = false;
        return rng->spare;
    }
    const double u1 = uniform53(rng), u2 = uniform53(rng);
    const double radius = sqrt(-2.0 * log1p(-u2)), angle = 2.0 * PI * u1;
    rng->has_spare = true;
    rng->spare = radius * sin(angle);
    return radius * cos(angle);
}

/* sum of p[k] x^(n-1-k) */
static float horner(const float *p, int n, float x)
{
    float y = p[0];
    for (int k = 1; k < n; k++)
        y = fmaf(y, x, p[k]);
    return y;
}

/* Natural logarithm of 2^-24 <= x <= 1 (Cephes, logf). */
static float log_block(float x)
{
    static const float p[] = { 7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                               -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                               2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f };
    int exponent;
    float m = frexpf(x, &exponent); /* 0.5 <= m < 1 */
    float e = (float)exponent;
    if (m < 0.707106781186547524f) {
        e -= 1.0f;
        m = m - 1.0f + m;
    } else {
        m -= 1.0f;
    }
    const float z = m * m;
    float y = horner(p, 9, m) * m;
    y = fmaf(y, z, e * -2.12194440e-4f);
    y = fmaf(-0.5f, z, y);
    return fmaf(e, 0.693359375f, m + y); /* ln 2 in two parts */
}

/* Sine and cosine of 0 <= x <= 2 pi (Cephes, sinf and cosf). */
static void sincos_block(float x, float *sine, float *cosine)
{
    static const float ps[] = { -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f };
    static const float pc[] = { 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f };
    /* x = octant * pi/4 + rest; the octant is rounded up to even, pi/4 is in three parts */
    const int octant = ((int)(x * 1.27323954473516f) + 1) & ~1;
    const float q = (float)octant;
    x = fmaf(q, -0.78515625f, x);
    x = fmaf(q, -2.4187564849853515625e-4f, x);
    x = fmaf(q, -3.77489497744594108e-8f, x);
    const float z = x * x;
    const float c = fmaf(horner(pc, 3, z) * z, z, -0.5f * z) + 1.0f;
    const float s = fmaf(horner(ps, 3, z) * z, x, x);
    const float s_abs = octant & 2 ? c : s, c_abs = octant & 2 ? s : c;
    *sine = octant & 4 ? -s_abs : s_abs;
    *cosine = (octant + 2) & 4 ? -c_abs : c_abs;
}

/* 16 uniforms in, 16 normals out. */
static void normal_block(float *v)
{
    for (int i = 0; i < HALF; i++) {
        const float radius = sqrtf(-2.0f * log_block(1.0f - v[i])); /* [0, 1) -> (0, 1] */
        float s, c;
        sincos_block((float)(2.0 * PI) * v[i + HALF], &s, &c);
        v[i] = radius * c;
        v[i + HALF] = radius * s;
    }
}

static void uniform_fill(rs_rng_torch *rng, float *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = uniform24(rng);
}

void rs_rng_torch_normal(rs_rng_torch *rng, float *dst, size_t n)
{
    if (n < BLOCK) {
        for (size_t i = 0; i < n; i++)
            dst[i] = (float)normal_one(rng);
        return;
    }
    uniform_fill(rng, dst, n);
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        normal_block(dst + i);
    if (n % BLOCK != 0) {
        uniform_fill(rng, dst + n - BLOCK, BLOCK);
        normal_block(dst + n - BLOCK);
    }
}
