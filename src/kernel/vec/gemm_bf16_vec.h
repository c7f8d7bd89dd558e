/* Product of a block of rows with one panel, both bfloat16 in pairs: the tiles of
 * gemm_vec.h, where a step of the depth is a pair, 4 bytes of a row spread over a vector,
 * and the sums stay floats. */
#ifndef RS_KERNEL_VEC_GEMM_BF16_VEC_H
#define RS_KERNEL_VEC_GEMM_BF16_VEC_H

#include "kernel/vec/gemm_vec.h"

/* Rows i to i + rows of the block. rows, whole and trans are constants. */
static RS_ALWAYS_INLINE void gemm_bf16_rows(const rs_gemm_block *g, size_t i, size_t rows, bool whole,
                                            bool trans)
{
    /* of a, between rows and along the depth */
    const size_t step = trans ? 1 : g->lda, next = trans ? g->lda : 1;
    const size_t ldb = g->ldb, depth = g->k;
    const rs_bf16_pair *a = g->a2 + i * step, *b = g->b2;
    vf sum[GEMM_MR][2];
    gemm_start(g, i, sum, rows);
    for (size_t l = 0; l < depth; l++, a += next, b += ldb) {
        const vi b0 = vi_load(b), b1 = vi_load(b + VF_N);
        RS_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vi x = vi_spread(a + r * step);
            sum[r][0] = vf_dot_bf16(sum[r][0], x, b0);
            sum[r][1] = vf_dot_bf16(sum[r][1], x, b1);
        }
    }
    gemm_end(g, i, sum, rows, whole);
}
GEMM_TILES(GEMM_TILE, gemm_bf16)
static gemm_tile *const gemm_bf16_tiles[GEMM_MR][3] = {GEMM_TILES(GEMM_ENTRY, gemm_bf16)};

static void vec_gemm_bf16(const rs_gemm_block *g)
{
    gemm_deal(g, gemm_bf16_tiles);
}

static void vec_f32_to_bf16(uint16_t *dst, const float *src, size_t n)
{
    uint16_t part[VF_N];
    VEC_EACH(n, {
        vf_store_bf16(k == VF_N ? dst + i : part, vf_ld(src + i, k));
        if (k != VF_N)
            memcpy(dst + i, part, k * sizeof *dst);
    });
}

/* One vector of pairs, the bits of floats so that a part of it can be stored. */
static RS_ALWAYS_INLINE void bf16_pairs_at(rs_bf16_pair *dst, const float *src, size_t ld, bool both,
                                           size_t k)
{
    const vf second = both ? vf_ld(src + ld, k) : vf_set1(0);
    vf_st((float *)(void *)dst, vf_bf16_pairs(vf_ld(src, k), second), k);
}

static void vec_bf16_pairs(rs_bf16_pair *dst, const float *src, size_t rows, size_t c, size_t ld)
{
    for (size_t r = 0; r < rows; r += 2, src += 2 * ld, dst += c)
        VEC_EACH(c, bf16_pairs_at(dst + i, src + i, ld, r + 1 < rows, k));
}

#endif
