/* The rows of bfloat16. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/checkkern/rows.h"

void ck_to_bf16_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_U16, CK_OUT, s->c);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
void ck_to_bf16_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->f32_to_bf16(p[0], p[1], s->c);
}

/* flag: in place, in memory of just that size. */
void ck_bf16_pairs_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_U16, CK_OUT, (s->rows + 1) / 2 * 2 * s->c);
    b[1] = mat(CK_IN, s->rows, s->c, s->flag ? s->c : s->ld);
}
void ck_bf16_pairs_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const size_t pairs = (s->rows + 1) / 2 * s->c;
    float *own = malloc(s->rows * s->c * sizeof *own + sizeof *own);
    if (!s->flag) {
        k->bf16_pairs(p[0], p[1], s->rows, s->c, s->ld);
    } else if (own) {
        memcpy(own, p[1], s->rows * s->c * sizeof *own);
        k->bf16_pairs((rs_bf16_pair *)(void *)own, own, s->rows, s->c, s->c);
        memcpy(p[0], own, pairs * sizeof(rs_bf16_pair));
    }
    free(own);
}

/* All panels of a product, f: the depth, 0 to 84 pairs, which are the upper halves of
 * floats, so that denormals come through; with an odd ld2 the right side is scaled to
 * where products leave the normal numbers. flag: as attention uses it, with whole panels,
 * a transposed, columns of res scaled and the largest of each; else with bias and res, or
 * every third time without. Gaps hold NaN. */
enum { NR = 32 }; /* a multiple of every tier's */

static size_t rows(const ck_shape *s)
{
    return s->rows + s->ld - s->c;
}
static size_t columns(const ck_shape *s)
{
    return s->flag ? (s->c + NR - 1) / NR * NR : s->c;
}
static size_t depth(const ck_shape *s)
{
    return (size_t)(s->f * s->f * 20);
}
static size_t ldc(const ck_shape *s)
{
    return columns(s) + s->ld - s->c;
}

void ck_gemm_bf16_setup(ck_buf *b, const ck_shape *s)
{
    const size_t m = rows(s), n = columns(s), k = 2 * depth(s);
    b[0] = mat(CK_OUT, m, n, ldc(s));
    b[1] = mat(CK_IN, m, k, k);
    b[2] = filled(mat(CK_IN, k, n, n), CK_NORMAL);
    b[3] = filled(vec(CK_F32, CK_IN, n), CK_NORMAL);
    b[4] = mat(CK_IN, m, n, ldc(s));
    b[5] = filled(vec(CK_F32, CK_INOUT, n), CK_NORMAL);
}

static uint16_t upper_half(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static rs_bf16_pair *new_pairs(size_t n)
{
    rs_bf16_pair *p = malloc(n * sizeof *p + 1);
    if (!p)
        abort();
    memset(p, 0xff, n * sizeof *p);
    return p;
}

static rs_bf16_pair *left_side(const ck_shape *s, const float *a, size_t lda)
{
    const size_t m = rows(s), k = depth(s);
    rs_bf16_pair *to = new_pairs((s->flag ? k : m) * lda);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < 2 * k; l++)
            to[s->flag ? l / 2 * lda + i : i * lda + l / 2].v[l % 2] = upper_half(a[i * 2 * k + l]);
    return to;
}

/* Columns j to j + nr, of which those behind the last hold anything. */
static rs_bf16_pair *panel(const ck_shape *s, const float *b, size_t j, size_t nr, size_t ldb)
{
    const float scale = s->ld2 % 2 ? 0x1p-126f : 1;
    const size_t n = columns(s), k = depth(s);
    rs_bf16_pair *to = new_pairs(k * ldb);
    for (size_t l = 0; l < 2 * k; l++)
        for (size_t c = 0; c < nr && j + c < n; c++)
            to[l / 2 * ldb + c].v[l % 2] = upper_half(b[l * n + j + c] * scale);
    return to;
}

void ck_gemm_bf16_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const size_t nr = k->gemm_nr, n = columns(s), gap = s->ld2 - s->c;
    const size_t lda = (s->flag ? rows(s) : depth(s)) + gap, ldb = nr + gap;
    const bool plain = !s->flag && s->ld2 % 3 == 0;
    rs_bf16_pair *a = left_side(s, p[1], lda);
    for (size_t j = 0; j < n; j += nr) {
        rs_bf16_pair *b = panel(s, p[2], j, nr, ldb);
        k->gemm_bf16(&(rs_gemm_block){
            .m = rows(s), .n = n - j < nr ? n - j : nr, .k = depth(s), .a2 = a, .lda = lda,
            .a_trans = s->flag, .b2 = b, .ldb = ldb,
            .bias = s->flag || plain ? NULL : (const float *)p[3] + j,
            .res = plain ? NULL : (const float *)p[4] + j, .ldres = ldc(s),
            .res_scale = s->flag ? (const float *)p[3] + j : NULL,
            .col_max = s->flag ? (float *)p[5] + j : NULL, .c = (float *)p[0] + j, .ldc = ldc(s)});
        free(b);
    }
    free(a);
}
