/* exp, and the activations made of it.
 *
 * exp: x = n ln 2 + r with |r| <= ln 2 / 2, e^x = 2^n (1 + r + r^2 P(r)); P of
 * degree 4 has a relative error of 3e-9, the result one of about 1 ulp.
 *
 * softmax takes powers of 2 instead, see exp2_of: the factor log2 e is in its scale.
 *
 * gelu: with a = |x| and Phi the normal distribution function,
 *   gelu(x) = max(x, 0) - a Phi(-a),   Phi(-a) = e^(-a^2/2) Q(a),
 * which nowhere subtracts nearly equal numbers. Q falls slowly from 1/2 and is
 * t P(t) with t = 1/(1 + a/4), P of degree 9: relative error 8e-9 for a < 14,
 * where the product has long been 0.
 *
 * Both P are weighted least squares fits, reweighted to level the error
 * (Lawson); tools/reference/fit_kernels.py prints them. */
#ifndef RS_KERNEL_VEC_MATH_VEC_H
#define RS_KERNEL_VEC_MATH_VEC_H

#include <float.h>

#include "kernel/vec/each_vec.h"

#define EXP_LOW (-88.0f) /* 2^n is 0 from here down */
#define EXP_HIGH 88.8f   /* and inf from here up */

/* e^(x + tail) for EXP_LOW <= x <= EXP_HIGH and a tail of the size of x's
 * rounding error: what a float argument of e^x cannot hold matters, since an
 * error of d in x is a relative error of d in the result. */
static RS_ALWAYS_INLINE vf exp_sum(vf x, vf tail)
{
    const vf n = vf_round(vf_mul(x, vf_set1(0x1.715476p+0f)));
    /* ln 2 in two parts, the first so short that n times it is exact */
    vf r = vf_fnma(n, vf_set1(0x1.62e4p-1f), x);
    r = vf_add(vf_fnma(n, vf_set1(0x1.7f7d1cp-20f), r), tail);
    vf p = vf_set1(0x1.6a2352p-10f);
    p = vf_fma(p, r, vf_set1(0x1.123a6cp-7f));
    p = vf_fma(p, r, vf_set1(0x1.5558f4p-5f));
    p = vf_fma(p, r, vf_set1(0x1.555490p-3f));
    p = vf_fma(p, r, vf_set1(0x1.fffffcp-2f));
    p = vf_fma(vf_mul(r, r), p, r);
    return vf_mul(vf_add(p, vf_set1(1)), vf_pow2(n));
}

/* Each of n values x becomes 2^x, x <= 0, where x < -126 may give any number below
 * 2^-125 and x < -127 gives 0: x = m + r with |r| <= 1/2 (the sum with 1.5 * 2^23
 * rounds to m), and 2^r = 1 + r P(r), P of degree 5 with a relative error of 2e-9.
 * Step by step for all n, a constant, since one alone waits for its own results. */
enum { EXP2_MOST = 4 };
static RS_ALWAYS_INLINE void exp2_of(vf *x, size_t n)
{
    static const float c[] = { 0x1.41fb74p-13f, 0x1.5f3ec2p-10f, 0x1.3b2d4ep-7f, 0x1.c6aee8p-5f,
                               0x1.ebfbdcp-3f, 0x1.62e430p-1f, 1 };
    const vf magic = vf_set1(0x1.8p+23f);
    vf m[EXP2_MOST], p[EXP2_MOST];
    RS_UNROLL
    for (size_t u = 0; u < n; u++) {
        x[u] = vf_max(vf_set1(-127), x[u]);
        m[u] = vf_add(x[u], magic);
        x[u] = vf_sub(x[u], vf_sub(m[u], magic));
        p[u] = vf_set1(c[0]);
    }
    RS_UNROLL
    for (size_t i = 1; i < sizeof c / sizeof *c; i++) {
        const vf ci = vf_set1(c[i]);
        RS_UNROLL
        for (size_t u = 0; u < n; u++)
            p[u] = vf_fma(p[u], x[u], ci);
    }
    RS_UNROLL
    for (size_t u = 0; u < n; u++)
        x[u] = vf_exponent_add(p[u], m[u]);
}

/* Limits with the variable as second operand, so that a NaN passes through. */
static RS_ALWAYS_INLINE vf clamp(vf x, float low, float high)
{
    return vf_min(vf_set1(high), vf_max(vf_set1(low), x));
}

/* x / (1 + e^-(y + tail)): -inf is kept off the quotient inf / inf. */
static RS_ALWAYS_INLINE vf times_sigmoid(vf x, vf y, vf tail)
{
    const vf e = exp_sum(clamp(vf_neg(y), EXP_LOW, EXP_HIGH), vf_neg(tail));
    return vf_div(vf_max(vf_set1(-FLT_MAX), x), vf_add(e, vf_set1(1)));
}

static RS_ALWAYS_INLINE vf silu(vf x)
{
    return times_sigmoid(x, x, vf_set1(0));
}

/* 1.702 x in two parts, within limits where the sigmoid is 0 or 1 already. */
static RS_ALWAYS_INLINE vf quick_gelu(vf x)
{
    const vf k = vf_set1(1.702f), near = clamp(x, -100, 100), y = vf_mul(k, near);
    return times_sigmoid(x, y, vf_fms(k, near, y));
}

/* Q is steep in t: a relative error d of t makes one of 2d there, so what the
 * two roundings of t lost goes, doubled, into the tail of the exponent. */
static RS_ALWAYS_INLINE vf gelu(vf x)
{
    const vf a = vf_min(vf_set1(14), vf_abs(x)), one = vf_set1(1), half = vf_set1(0.5f);
    const vf quarter = vf_mul(a, vf_set1(0.25f));
    const vf t = vf_div(one, vf_add(one, quarter));
    const vf lost = vf_fnma(t, quarter, vf_sub(one, t));
    vf q = vf_set1(0x1.0fa3f6p-6f);
    q = vf_fma(q, t, vf_set1(-0x1.013226p-4f));
    q = vf_fma(q, t, vf_set1(0x1.a721b2p-5f));
    q = vf_fma(q, t, vf_set1(0x1.d1e82cp-6f));
    q = vf_fma(q, t, vf_set1(0x1.a08352p-7f));
    q = vf_fma(q, t, vf_set1(0x1.62f2eep-4f));
    q = vf_fma(q, t, vf_set1(0x1.26e89ep-4f));
    q = vf_fma(q, t, vf_set1(0x1.873b8ep-4f));
    q = vf_fma(q, t, vf_set1(0x1.978580p-4f));
    q = vf_fma(q, t, vf_set1(0x1.989142p-4f));
    q = vf_mul(q, t);
    /* -a^2/2 in two parts */
    const vf square = vf_mul(a, a), rest = vf_fms(a, a, square);
    const vf low = vf_max(vf_set1(EXP_LOW), vf_neg(vf_mul(half, square)));
    const vf e = exp_sum(low, vf_fnma(half, rest, vf_add(lost, lost)));
    return vf_fnma(a, vf_mul(e, q), vf_max(vf_set1(0), x));
}

#endif
