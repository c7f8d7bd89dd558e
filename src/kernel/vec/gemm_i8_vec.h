/* Product of a block of rows of bytes with one panel of signed bytes, GEMM_MR x
 * I8_NR at a time, in integers: exact, so that every tier and every way to cut the
 * work gives the same bits. The sum of (a - zero) * b over a column is taken as
 * sum of a * b less zero times the column's sum.
 *
 * A step of the depth is 4 bytes of a row, spread over a vector: with a dot product
 * of bytes (VI_DOT4) four values. Without one the product of int16 pairs is the
 * fastest that cannot saturate: rows then hold two int16 in these 4 bytes, and the
 * panel's bytes are widened as they are read, which costs 2 instructions a tile.
 *
 * Panels are padded to I8_NR columns, so only the way to memory looks at n. */
#ifndef RS_KERNEL_VEC_GEMM_I8_VEC_H
#define RS_KERNEL_VEC_GEMM_I8_VEC_H

#include <math.h>

#include "kernel/vec/gemm_vec.h"

#define I8_NR (2 * VF_N)
#ifdef VI_DOT4
typedef uint8_t i8_elem;
#define vf_store_elem vf_store_u8
#define vi_load_b vi_load
#define vi_dot vi_dot4
#else
typedef int16_t i8_elem;
#define vf_store_elem vf_store_i16
#define vi_load_b vi_widen_s8
#define vi_dot vi_dot2
#endif
#define I8_KR (4 / sizeof(i8_elem))

static void vec_range(float *lo, float *hi, const float *x, size_t n)
{
    vf least = vf_set1(0), most = vf_set1(0), odd = vf_set1(0); /* odd: NaN where x is not finite */
    float a[VF_N], b[VF_N], c[VF_N];
    VEC_EACH(n, {
        const vf v = vf_ld(x + i, k);
        least = vf_min(v, least);
        most = vf_max(v, most);
        odd = vf_fma(v, vf_set1(0), odd);
    });
    vf_store(a, least);
    vf_store(b, most);
    vf_store(c, odd);
    *lo = *hi = 0;
    for (size_t l = 0; l < VF_N; l++) {
        *lo = a[l] < *lo ? a[l] : *lo;
        *hi = b[l] > *hi ? b[l] : *hi;
    }
    for (size_t l = 0; l < VF_N; l++)
        if (isnan(c[l]))
            *lo = *hi = NAN;
}

static RS_ALWAYS_INLINE void quantise_at(i8_elem *dst, const float *x, size_t k, vf inv, vf zero)
{
    const vf v = vf_add(vf_round(vf_mul(vf_ld(x, k), inv)), zero);
    i8_elem part[VF_N];
    vf_store_elem(k == VF_N ? dst : part, vf_min(vf_max(v, vf_set1(0)), vf_set1(255)));
    if (k != VF_N)
        memcpy(dst, part, k * sizeof *dst);
}

static void vec_quantise(void *dst, const float *x, size_t n, float inv, float zero)
{
    const vf factor = vf_set1(inv), add = vf_set1(zero);
    i8_elem *to = dst;
    VEC_EACH(n, quantise_at(to + i, x + i, k, factor, add));
}

/* The sums of one tile. rows is a constant. */
static RS_ALWAYS_INLINE void i8_rows(const rs_i8_block *g, const i8_elem *const *start, size_t rows,
                                     int32_t (*sums)[I8_NR])
{
    const int8_t *b = g->b;
    const size_t depth = g->k;
    const i8_elem *a[GEMM_MR];
    vi sum[GEMM_MR][2];
    RS_UNROLL
    for (size_t r = 0; r < rows; r++)
        sum[r][0] = sum[r][1] = vi_set1(0);
    for (size_t s = 0; s < g->segs; s++) {
        RS_UNROLL
        for (size_t r = 0; r < rows; r++)
            a[r] = start[r] + s * g->ld_seg;
        for (size_t l = 0; l < depth; l += I8_KR, b += I8_KR * I8_NR) {
            const vi b0 = vi_load_b(b), b1 = vi_load_b(b + I8_KR * VF_N);
            RS_UNROLL
            for (size_t r = 0; r < rows; r++) {
                const vi x = vi_spread(a[r] + l);
                sum[r][0] = vi_dot(sum[r][0], x, b0);
                sum[r][1] = vi_dot(sum[r][1], x, b1);
            }
        }
    }
    RS_UNROLL
    for (size_t r = 0; r < rows; r++) {
        vi_store(sums[r], sum[r][0]);
        vi_store(sums[r] + VF_N, sum[r][1]);
    }
}

/* A function for every number of rows. */
#define I8_TILE(kind, rows)                                                              \
    static void kind##_tile_##rows(const rs_i8_block *g, const i8_elem *const *start,  \
                               int32_t (*sums)[I8_NR])                             \
    {                                                                              \
        i8_rows(g, start, rows, sums);                                             \
    }
GEMM_TILES(I8_TILE, i8)
#define I8_ENTRY(kind, rows) kind##_tile_##rows,
static void (*const i8_tiles[GEMM_MR])(const rs_i8_block *g, const i8_elem *const *start,
                                       int32_t (*sums)[I8_NR]) = {GEMM_TILES(I8_ENTRY, i8)};

/* One vector of a row of sums to memory. */
static RS_ALWAYS_INLINE void i8_put(const rs_i8_block *g, const int32_t *sums, size_t i, size_t j, size_t k)
{
    const vi zero = vi_mul(vi_set1(g->a_zero[i]), vi_load(g->b_sum + j));
    const vf sum = vf_from_vi(vi_sub(vi_load(sums + j), zero));
    vf v = vf_mul(vf_mul(sum, vf_load(g->b_scale + j)), vf_set1(g->a_scale[i]));
    if (g->bias)
        v = vf_add(v, vf_ld(g->bias + j, k));
    if (g->res)
        v = vf_add(v, vf_ld(g->res + i * g->ldres + j, k));
    vf_st(g->c + i * g->ldc + j, v, k);
}

static void vec_gemm_i8(const rs_i8_block *g)
{
    const size_t tiles = (g->m + GEMM_MR - 1) / GEMM_MR, n = g->n;
    size_t at = 0, y = 0; /* the next row's place within its run, and the run */
    for (size_t t = 0; t < tiles; t++) {
        const size_t i0 = g->m * t / tiles, rows = g->m * (t + 1) / tiles - i0;
        const i8_elem *start[GEMM_MR];
        int32_t sums[GEMM_MR][I8_NR];
        for (size_t r = 0; r < rows; r++) {
            start[r] = (const i8_elem *)g->a + y * g->ld_run + at * g->lda;
            if (g->res)
                RS_PREFETCH(g->res + (i0 + r) * g->ldres);
            if (++at == g->run) {
                at = 0;
                y++;
            }
        }
        i8_tiles[rows - 1](g, start, sums);
        for (size_t r = 0; r < rows; r++)
            VEC_EACH(n, i8_put(g, sums[r], i0 + r, i, k));
    }
}

#endif
