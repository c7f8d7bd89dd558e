/* The vector shim, 8 wide, on AVX2 + FMA + F16C. Each wrapper is one idea; the
 * bodies in vec/ use nothing else, so a new instruction set is one such file.
 * tests/checkkern/simd_emu.h says in plain C what each wrapper means.
 *
 *   vf  VF_N floats          vd  VF_N doubles, as two registers
 *   vi  VF_N int32, or 2 VF_N int16, or 4 VF_N bytes
 *
 * max/min return the second operand when either is NaN (as the instructions do).
 * Reductions fold the upper half onto the lower until one value is left. */
#ifndef RS_KERNEL_VEC_SIMD_AVX2_H
#define RS_KERNEL_VEC_SIMD_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VF_N 8
typedef __m256 vf;
typedef struct vd {
    __m256d lo, hi;
} vd;

/* Lanes 0..n-1 set, 0 <= n <= 8. */
static inline __m256i lanes(size_t n)
{
    static const int32_t edge[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(edge + 8 - n));
}

static inline vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vf_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
/* The first n lanes from memory, the others from fill; nothing else is read. */
static inline vf vf_load_n(const float *p, size_t n, vf fill)
{
    const __m256i m = lanes(n);
    return _mm256_blendv_ps(fill, _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m));
}
static inline void vf_store_n(float *p, vf a, size_t n) { _mm256_maskstore_ps(p, lanes(n), a); }

static inline vf vf_set1(float a) { return _mm256_set1_ps(a); }
static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
/* a*b + c, c - a*b, and a*b - c, rounded once */
static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
static inline vf vf_fms(vf a, vf b, vf c) { return _mm256_fmsub_ps(a, b, c); }
static inline vf vf_neg(vf a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
static inline vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
/* To the nearest integer, ties to even. */
static inline vf vf_round(vf a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* 2^n for integral -127 <= n <= 128, where -127 gives 0 and 128 inf. NaN: any value. */
static inline vf vf_pow2(vf n)
{
    const __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
}
/* a * 2^k for n = 1.5 * 2^23 + k, by addition to the exponent: the result must not
 * leave the normal numbers, except that 1 * 2^-127 gives 0. */
static inline vf vf_exponent_add(vf a, vf n)
{
    const __m256i k = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), k));
}

/* VF_N values of another type */
static inline vf vf_from_f16(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline vf vf_from_bf16(const uint16_t *p)
{
    const __m128i h = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}
static inline vf vf_from_u8(const uint8_t *p)
{
    const __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(b));
}

static inline vd vd_set1(double a) { return (vd){_mm256_set1_pd(a), _mm256_set1_pd(a)}; }
static inline vd vd_load(const double *p)
{
    return (vd){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}
static inline void vd_store(double *p, vd a)
{
    _mm256_storeu_pd(p, a.lo);
    _mm256_storeu_pd(p + 4, a.hi);
}
static inline vd vd_from(vf a)
{
    return (vd){_mm256_cvtps_pd(_mm256_castps256_ps128(a)),
                _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))};
}
static inline vd vd_add(vd a, vd b)
{
    return (vd){_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)};
}
static inline vd vd_fma(vd a, vd b, vd c)
{
    return (vd){_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}
static inline double vd_sum(vd a)
{
    const __m256d q = _mm256_add_pd(a.lo, a.hi);
    const __m128d p = _mm_add_pd(_mm256_castpd256_pd128(q), _mm256_extractf128_pd(q, 1));
    return _mm_cvtsd_f64(_mm_add_sd(p, _mm_unpackhi_pd(p, p)));
}
/* Truncates VF_N values within [0, 256) to bytes. */
static inline void vd_store_u8(uint8_t *p, vd a)
{
    const __m128i w = _mm_packus_epi32(_mm256_cvttpd_epi32(a.lo), _mm256_cvttpd_epi32(a.hi));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(w, w));
}
/* Integral values within [0, 255] to bytes. */
static inline void vf_store_u8(uint8_t *p, vf a)
{
    const __m256i i = _mm256_cvtps_epi32(a);
    const __m128i w = _mm_packus_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(w, w));
}
/* The same to int16. */
static inline void vf_store_i16(int16_t *p, vf a)
{
    const __m256i i = _mm256_cvtps_epi32(a);
    _mm_storeu_si128((__m128i *)(void *)p,
                     _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1)));
}

typedef __m256i vi;

static inline vi vi_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline void vi_store(void *p, vi a) { _mm256_storeu_si256((__m256i *)p, a); }
static inline vi vi_set1(int32_t a) { return _mm256_set1_epi32(a); }
static inline vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
static inline vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
static inline vf vf_from_vi(vi a) { return _mm256_cvtepi32_ps(a); }
/* The 4 bytes at p in every lane. */
static inline vi vi_spread(const void *p)
{
    int32_t word;
    memcpy(&word, p, sizeof word);
    return _mm256_set1_epi32(word);
}
/* 2 VF_N bytes as int16 */
static inline vi vi_widen_s8(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}
/* c + a0*b0 + a1*b1 of the int16 in each lane */
static inline vi vi_dot2(vi c, vi a, vi b) { return _mm256_add_epi32(c, _mm256_madd_epi16(a, b)); }
#ifdef VI_DOT4
/* c + a0*b0 + .. + a3*b3 of the bytes in each lane, a unsigned, b signed */
static inline vi vi_dot4(vi c, vi a, vi b) { return _mm256_dpbusd_avx_epi32(c, a, b); }
#endif

#endif
