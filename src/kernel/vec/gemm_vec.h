/* Matrix product of a block of rows with one panel, GEMM_MR x GEMM_NR at a time.
 *
 * A tile's sums stay in registers over the whole depth: two vectors a row, so
 * each value of a, spread over a vector, is used twice and each vector of b
 * GEMM_MR times. 6 x 2 sums leave 4 of AVX2's 16 registers for b and a; 12 x 2
 * leave 8 of AVX-512's 32. The rows of a block are dealt out evenly (8 rows are
 * 4 + 4, not 6 + 2), as thin tiles wait for their own sums. Every number of rows
 * is compiled apart, for whole panels, for narrower ones, and for whole ones with
 * a transposed. */
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

static RS_ALWAYS_INLINE void gemm_st(float *p, vf v, size_t k, bool whole)
{
    if (whole)
        vf_store(p, v);
    else
        vf_store_n(p, v, k);
}

/* One vector of the rows of a tile: + bias + res, to memory. rows and whole are
 * constants. */
static RS_ALWAYS_INLINE void gemm_put(const rs_gemm_block *g, size_t i, size_t j, vf sum[][2],
                                      size_t rows, size_t k, bool whole)
{
    const size_t half = j / VF_N;
    const vf bias = g->bias ? gemm_ld(g->bias + j, k, whole) : vf_set1(0);
    const vf scale = g->res_scale ? gemm_ld(g->res_scale + j, k, whole) : vf_set1(1);
    float *c = g->c + i * g->ldc + j;
    RS_UNROLL
    for (size_t r = 0; r < rows; r++) {
        vf v = vf_add(sum[r][half], bias);
        if (g->res)
            v = vf_fma(gemm_ld(g->res + (i + r) * g->ldres + j, k, whole), scale, v);
        gemm_st(c + r * g->ldc, v, k, whole);
        sum[r][half] = v;
    }
    if (!g->col_max)
        return;
    vf top = gemm_ld(g->col_max + j, k, whole);
    RS_UNROLL
    for (size_t r = 0; r < rows; r++)
        top = vf_max(top, sum[r][half]);
    gemm_st(g->col_max + j, top, k, whole);
}

/* The sums of rows i to i + rows of the block before anything was added, and what is made
 * of them. rows and whole are constants. */
static RS_ALWAYS_INLINE void gemm_start(const rs_gemm_block *g, size_t i, vf sum[][2], size_t rows)
{
    RS_UNROLL
    for (size_t r = 0; r < rows; r++) {
        sum[r][0] = sum[r][1] = vf_set1(0);
        if (g->res)
            RS_PREFETCH(g->res + (i + r) * g->ldres);
    }
}

static RS_ALWAYS_INLINE void gemm_end(const rs_gemm_block *g, size_t i, vf sum[][2], size_t rows,
                                      bool whole)
{
    const size_t k0 = g->n < VF_N ? g->n : VF_N; /* lanes of the first vector */
    gemm_put(g, i, 0, sum, rows, k0, whole);
    gemm_put(g, i, VF_N, sum, rows, g->n - k0, whole);
}

/* Rows i to i + rows of the block. rows, whole and trans are constants. */
static RS_ALWAYS_INLINE void gemm_rows(const rs_gemm_block *g, size_t i, size_t rows, bool whole,
                                       bool trans)
{
    /* lanes of the two vectors */
    const size_t k0 = g->n < VF_N ? g->n : VF_N, k1 = g->n - k0;
    /* of a, between rows and along the depth */
    const size_t step = trans ? 1 : g->lda, next = trans ? g->lda : 1;
    const size_t ldb = g->ldb, depth = g->k;
    const float *a = g->a + i * step, *b = g->b;
    vf sum[GEMM_MR][2];
    gemm_start(g, i, sum, rows);
    for (size_t l = 0; l < depth; l++, a += next, b += ldb) {
        const vf b0 = gemm_ld(b, k0, whole), b1 = gemm_ld(b + VF_N, k1, whole);
        RS_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vf x = vf_set1(a[r * step]);
            sum[r][0] = vf_fma(x, b0, sum[r][0]);
            sum[r][1] = vf_fma(x, b1, sum[r][1]);
        }
    }
    gemm_end(g, i, sum, rows, whole);
}

/* X(kind, rows) for every number of rows; the functions of a kind, and their table. */
#define GEMM_TILES(X, kind) \
    X(kind, 1) X(kind, 2) X(kind, 3) X(kind, 4) X(kind, 5) X(kind, 6) GEMM_MORE_TILES(X, kind)
#if GEMM_MR == 12
#define GEMM_MORE_TILES(X, kind) X(kind, 7) X(kind, 8) X(kind, 9) X(kind, 10) X(kind, 11) X(kind, 12)
#else
#define GEMM_MORE_TILES(X, kind)
#endif
#define GEMM_TILE(kind, rows)                                          \
    static void kind##_whole_##rows(const rs_gemm_block *g, size_t i)  \
    {                                                                  \
        kind##_rows(g, i, rows, true, false);                          \
    }                                                                  \
    static void kind##_trans_##rows(const rs_gemm_block *g, size_t i)  \
    {                                                                  \
        kind##_rows(g, i, rows, true, true);                           \
    }                                                                  \
    static void kind##_narrow_##rows(const rs_gemm_block *g, size_t i) \
    {                                                                  \
        kind##_rows(g, i, rows, false, false);                         \
    }
#define GEMM_ENTRY(kind, rows) {kind##_narrow_##rows, kind##_whole_##rows, kind##_trans_##rows},
typedef void gemm_tile(const rs_gemm_block *g, size_t i);
GEMM_TILES(GEMM_TILE, gemm)
static gemm_tile *const gemm_tiles[GEMM_MR][3] = {GEMM_TILES(GEMM_ENTRY, gemm)};

/* The rows of a block to the tiles of a kind. */
static RS_ALWAYS_INLINE void gemm_deal(const rs_gemm_block *g, gemm_tile *const table[GEMM_MR][3])
{
    const size_t tiles = (g->m + GEMM_MR - 1) / GEMM_MR, kind = g->a_trans ? 2 : g->n == GEMM_NR;
    if (tiles == 0)
        return;
    const size_t few = g->m / tiles, more = g->m % tiles; /* tiles with one row more */
    for (size_t t = 0, i = 0; t < tiles; t++) {
        const size_t rows = few + (t < more);
        table[rows - 1][kind](g, i);
        i += rows;
    }
}

static void vec_gemm(const rs_gemm_block *g)
{
    gemm_deal(g, gemm_tiles);
}

#endif
