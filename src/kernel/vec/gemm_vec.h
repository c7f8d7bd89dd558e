/* Matrix product of a block of rows with one panel, GEMM_MR x GEMM_NR at a time.
 *
 * A tile's sums stay in registers over the whole depth: two vectors a row, so
 * each value of a, spread over a vector, is used twice and each vector of b
 * GEMM_MR times. 6 x 2 sums leave 4 of AVX2's 16 registers for b and a; 12 x 2
 * leave 8 of AVX-512's 32. The rows of a block are dealt out evenly (8 rows are
 * 4 + 4, not 6 + 2), as thin tiles wait for their own sums. Every number of rows
 * is compiled apart, for whole panels and for narrower ones. */
#ifndef RS_KERNEL_VEC_GEMM_VEC_H
#define RS_KERNEL_VEC_GEMM_VEC_H

#include "kernel/vec/each_vec.h"

#define GEMM_NR (2 * VF_N)
#if VF_N == 16
#define GEMM_MR 12
#else
#define GEMM_MR 6
#endif

static RS_ALWAYS_INLINE vf gemm_ld(const float *p, size_t k, bool whole)
{
    return whole ? vf_load(p) : vf_load_n(p, k, vf_set1(0));
}

/* One vector of a row: + bias + res, to memory. */
static RS_ALWAYS_INLINE void gemm_put(const rs_gemm_block *g, size_t i, size_t j, vf sum, vf bias, size_t k,
                                      bool whole)
{
    vf v = vf_add(sum, bias);
    if (g->res)
        v = vf_add(v, gemm_ld(g->res + i * g->ldres + j, k, whole));
    if (whole)
        vf_store(g->c + i * g->ldc + j, v);
    else
        vf_store_n(g->c + i * g->ldc + j, v, k);
}

/* Rows i to i + rows of the block. rows and whole are constants. */
static RS_ALWAYS_INLINE void gemm_rows(const rs_gemm_block *g, size_t i, size_t rows, bool whole)
{
    /* lanes of the two vectors */
    const size_t k0 = g->n < VF_N ? g->n : VF_N, k1 = g->n - k0;
    const size_t lda = g->lda, ldb = g->ldb, depth = g->k;
    const float *a = g->a + i * lda, *b = g->b;
    vf sum[GEMM_MR][2];
    RS_UNROLL
    for (size_t r = 0; r < rows; r++) {
        sum[r][0] = sum[r][1] = vf_set1(0);
        if (g->res)
            RS_PREFETCH(g->res + (i + r) * g->ldres);
    }
    for (size_t l = 0; l < depth; l++, a++, b += ldb) {
        const vf b0 = gemm_ld(b, k0, whole), b1 = gemm_ld(b + VF_N, k1, whole);
        RS_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vf x = vf_set1(a[r * lda]);
            sum[r][0] = vf_fma(x, b0, sum[r][0]);
            sum[r][1] = vf_fma(x, b1, sum[r][1]);
        }
    }
    const vf bias0 = g->bias ? gemm_ld(g->bias, k0, whole) : vf_set1(0);
    const vf bias1 = g->bias ? gemm_ld(g->bias + VF_N, k1, whole) : vf_set1(0);
    RS_UNROLL
    for (size_t r = 0; r < rows; r++) {
        gemm_put(g, i + r, 0, sum[r][0], bias0, k0, whole);
        gemm_put(g, i + r, VF_N, sum[r][1], bias1, k1, whole);
    }
}

/* A function for every number of rows, for whole panels and for narrower ones. */
#define GEMM_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) GEMM_MORE_TILES(X)
#if GEMM_MR == 12
#define GEMM_MORE_TILES(X) X(7) X(8) X(9) X(10) X(11) X(12)
#else
#define GEMM_MORE_TILES(X)
#endif
#define GEMM_TILE(rows)                                              \
    static void gemm_whole_##rows(const rs_gemm_block *g, size_t i)  \
    {                                                                \
        gemm_rows(g, i, rows, true);                                 \
    }                                                                \
    static void gemm_narrow_##rows(const rs_gemm_block *g, size_t i) \
    {                                                                \
        gemm_rows(g, i, rows, false);                                \
    }
GEMM_TILES(GEMM_TILE)
#define GEMM_ENTRY(rows) {gemm_narrow_##rows, gemm_whole_##rows},
static void (*const gemm_tiles[GEMM_MR][2])(const rs_gemm_block *g, size_t i) = {GEMM_TILES(GEMM_ENTRY)};

static void vec_gemm(const rs_gemm_block *g)
{
    const size_t tiles = (g->m + GEMM_MR - 1) / GEMM_MR;
    for (size_t t = 0; t < tiles; t++) {
        const size_t i = g->m * t / tiles, rows = g->m * (t + 1) / tiles - i;
        gemm_tiles[rows - 1][g->n == GEMM_NR](g, i);
    }
}

#endif
