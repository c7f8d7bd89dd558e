/* One row a kernel: its buffers, its call, its tolerance. */
#include "tests/checkkern/rows.h"

#include <math.h>
#include <stdlib.h>

static double abs_at(const ck_inputs *in, int b, size_t at)
{
    return fabs((double)((const float *)in->data[b])[at]);
}

/* Conversions */

static void half_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_F32, CK_OUT, s->c);
    b[1] = filled(vec(CK_U16, CK_IN, s->c), CK_BITS);
}
static void f16_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->f16_to_f32(p[0], p[1], s->c);
}
static void bf16_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->bf16_to_f32(p[0], p[1], s->c);
}

static void u8_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_F32, CK_OUT, s->c);
    b[1] = filled(vec(CK_U8, CK_IN, s->c), CK_BITS);
}
static void u8_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->u8_to_f32(p[0], p[1], s->c);
}

static void to_u8_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_U8, CK_OUT, s->c);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
static void to_u8_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->f32_to_u8(p[0], p[1], s->c);
}

/* Element by element */

static void unary_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_F32, CK_OUT, s->c);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
static void binary_setup(ck_buf *b, const ck_shape *s)
{
    unary_setup(b, s);
    b[2] = b[1];
}
static void add_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->add(p[0], p[1], p[2], s->c);
}
static void axpby_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->axpby(p[0], s->f, p[1], 1 - s->f, p[2], s->c);
}
static void silu_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->silu(p[0], p[1], s->c);
}
static void gelu_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->gelu(p[0], p[1], s->c);
}
static void quick_gelu_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->quick_gelu(p[0], p[1], s->c);
}

static void add_bias_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_INOUT, s->rows, s->c, s->c);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
static void add_bias_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->add_bias(p[0], p[1], s->rows, s->c);
}

static void geglu_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_F32, CK_INOUT, s->c);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
static void geglu_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->geglu(p[0], p[1], s->c);
}

/* Norms */

static void layer_norm_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_OUT, s->rows, s->c, s->c);
    b[1] = mat(CK_IN, s->rows, s->c, s->c);
    b[2] = b[3] = vec(CK_F32, CK_IN, s->c);
}
static void layer_norm_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->layer_norm(p[0], p[1], p[2], p[3], s->rows, s->c, 1e-5f);
}
/* ((x - mean) * rstd) * gamma + beta, with |mean| <= the mean of |x| */
static double layer_norm_terms(const ck_inputs *in, int b, size_t i0, size_t r, size_t j)
{
    const size_t c = in->shape->c;
    const float *x = (const float *)in->data[1] + r * c;
    double sum = 0, all = 0, square = 0;
    for (size_t i = 0; i < c; i++) {
        sum += (double)x[i];
        all += fabs((double)x[i]);
    }
    for (size_t i = 0; i < c; i++)
        square += pow((double)x[i] - sum / (double)c, 2);
    const double rstd = 1 / sqrt(square / (double)c + 1e-5);
    (void)b, (void)i0;
    return (fabs((double)x[j]) + all / (double)c) * rstd * abs_at(in, 2, j) + abs_at(in, 3, j);
}

static void channel_sums_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = b[1] = filled(vec(CK_F64, CK_INOUT, s->c), CK_NORMAL);
    b[2] = mat(CK_IN, s->rows, s->c, s->ld);
}
static void channel_sums_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->channel_sums(p[0], p[1], p[2], s->rows, s->c, s->ld);
}
static double channel_sums_terms(const ck_inputs *in, int b, size_t i0, size_t i1, size_t j)
{
    double total = fabs(((const double *)in->data[b])[j]);
    for (size_t r = 0; r < in->shape->rows; r++)
        total += pow(abs_at(in, 2, r * in->shape->ld + j), b + 1);
    (void)i0, (void)i1;
    return total;
}

static void scale_shift_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_OUT, s->rows, s->c, s->ld2);
    b[1] = mat(CK_IN, s->rows, s->c, s->ld);
    b[2] = b[3] = vec(CK_F32, CK_IN, s->c);
}
static void scale_shift_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->scale_shift(p[0], s->ld2, p[1], s->ld, p[2], p[3], s->rows, s->c, s->flag);
}

/* flag: the first rows of a column. top is raised to what the kernel is promised. */
static void softmax_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_INOUT, s->rows, s->c, s->ld);
    b[1] = filled(vec(CK_F32, CK_IN, s->c), s->flag ? CK_NEG_INF : CK_NORMAL);
    b[2] = filled(vec(CK_F32, CK_INOUT, s->c), CK_NORMAL);
    b[3] = vec(CK_F32, CK_OUT, s->c);
}
static void softmax_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    float *x = p[0], *old = p[1], *top = p[2];
    for (size_t j = 0; j < s->c; j++) {
        top[j] = fmaxf(top[j], old[j]);
        for (size_t r = 0; r < s->rows; r++)
            top[j] = fmaxf(top[j], x[r * s->ld + j]);
    }
    k->softmax_step(x, s->rows, s->c, s->ld, old, top, p[3]);
}

/* Winograd. ld: of the 36 vectors; ld2: of a pixel; a row is 7 pixels. */

static const double BT[6][6] = {
    {1.265625, 0, -2.8125, 0, 1, 0}, {0, -1.6875, -2.25, 0.75, 1, 0},
    {0, 1.6875, -2.25, -0.75, 1, 0}, {0, -0.84375, -0.5625, 1.5, 1, 0},
    {0, 0.84375, -0.5625, -1.5, 1, 0}, {0, 1.265625, 0, -2.8125, 0, 1},
};
static const double AT[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, 0.75, -0.75, 1.5, -1.5, 0},
    {0, 0.5625, 0.5625, 2.25, 2.25, 0},
    {0, 0.421875, -0.421875, 3.375, -3.375, 1},
};

static ck_buf patch(ck_dir dir, const ck_shape *s)
{
    return (ck_buf){.type = CK_F32, .dir = dir, .n0 = (size_t)(s->y1 - s->y0),
                    .n1 = (size_t)(s->x1 - s->x0), .n2 = s->c, .s0 = 7 * s->ld2, .s1 = s->ld2,
                    .lead = (size_t)s->y0 * 7 * s->ld2 + (size_t)s->x0 * s->ld2};
}

static void wino_input_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_OUT, 36, s->c, s->ld);
    b[1] = patch(CK_IN, s);
}
static void wino_input_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const ptrdiff_t pix = (ptrdiff_t)s->ld2;
    k->wino_input(p[0], s->ld, p[1], 7 * pix, pix, s->y0, s->y1, s->x0, s->x1, s->c);
}
static double wino_input_terms(const ck_inputs *in, int b, size_t i0, size_t k, size_t j)
{
    const ck_shape *s = in->shape;
    double total = 0;
    for (int y = s->y0; y < s->y1; y++)
        for (int x = s->x0; x < s->x1; x++)
            total += fabs(BT[k / 6][y] * BT[k % 6][x]) *
                     abs_at(in, 1, (size_t)(7 * y + x) * s->ld2 + j);
    (void)b, (void)i0;
    return total;
}

static void wino_output_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = patch(CK_OUT, s);
    b[1] = mat(CK_IN, 36, s->c, s->ld);
    b[2] = vec(CK_F32, CK_IN, s->c);
    b[3] = patch(CK_IN, s);
}
/* flag: with bias and residual; without them the kernel gets NULL */
static void wino_output_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const ptrdiff_t pix = (ptrdiff_t)s->ld2;
    k->wino_output(p[0], 7 * pix, pix, p[1], s->ld, s->flag ? p[2] : NULL, s->flag ? p[3] : NULL,
                   s->y1, s->x1, s->c);
}
static double wino_output_terms(const ck_inputs *in, int b, size_t y, size_t x, size_t j)
{
    const ck_shape *s = in->shape;
    double total = s->flag ? abs_at(in, 2, j) + abs_at(in, 3, (7 * y + x) * s->ld2 + j) : 0;
    for (size_t k = 0; k < 36; k++)
        total += fabs(AT[y][k / 6] * AT[x][k % 6]) * abs_at(in, 1, k * s->ld + j);
    (void)b;
    return total;
}

static const double G[6][3] = {
    {1 / 1.265625, 0, 0},
    {-1 / 1.8984375, -0.75 / 1.8984375, -0.5625 / 1.8984375},
    {-1 / 1.8984375, 0.75 / 1.8984375, -0.5625 / 1.8984375},
    {1 / 7.59375, 1.5 / 7.59375, 2.25 / 7.59375},
    {1 / 7.59375, -1.5 / 7.59375, 2.25 / 7.59375},
    {0, 0, 1},
};
/* ld - c further floats between the planes; f chooses the part */
static size_t wino_weight_ld(const ck_shape *s)
{
    return s->rows * s->c + s->ld - s->c;
}
static int wino_weight_part(const ck_shape *s)
{
    return (int)(s->f * 100) % 3;
}
static void wino_weight_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_OUT, 12, s->rows * s->c, wino_weight_ld(s));
    b[1] = mat(CK_IN, s->rows * 9, s->c, s->c);
}
static void wino_weight_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->wino_weight(p[0], wino_weight_ld(s), p[1], s->rows, s->c, wino_weight_part(s));
}
static double wino_weight_terms(const ck_inputs *in, int b, size_t i0, size_t q, size_t j)
{
    static const int rows[3][2] = {{0, 5}, {1, 2}, {3, 4}};
    const ck_shape *s = in->shape;
    double total = 0;
    for (size_t t = 0; t < 9; t++)
        total += fabs(G[rows[wino_weight_part(s)][q / 6]][t / 3] * G[q % 6][t % 3]) *
                 abs_at(in, 1, (j / s->c * 9 + t) * s->c + j % s->c);
    (void)b, (void)i0;
    return total;
}

/* All panels of a product. f: the depth, 0 to 168; flag: with bias and residual.
 * b is of normal size, so that no product leaves the range of float. */
static size_t gemm_rows(const ck_shape *s) /* every size of a tile up to 12 */
{
    return s->rows + s->ld - s->c;
}
static size_t gemm_depth(const ck_shape *s)
{
    return (size_t)(s->f * s->f * 40);
}
static void gemm_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = mat(CK_OUT, gemm_rows(s), s->c, s->ld);
    b[1] = mat(CK_IN, gemm_rows(s), gemm_depth(s), gemm_depth(s) + s->ld2 - s->c);
    b[2] = filled(mat(CK_IN, gemm_depth(s), s->c, s->ld2), CK_NORMAL);
    b[3] = vec(CK_F32, CK_IN, s->c);
    b[4] = mat(CK_IN, gemm_rows(s), s->c, s->ld);
}
static void gemm_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const size_t nr = k->gemm_nr;
    for (size_t j = 0; j < s->c; j += nr)
        k->gemm(&(rs_gemm_block){
            .m = gemm_rows(s), .n = s->c - j < nr ? s->c - j : nr, .k = gemm_depth(s), .a = p[1],
            .lda = gemm_depth(s) + s->ld2 - s->c, .b = (const float *)p[2] + j, .ldb = s->ld2,
            .bias = s->flag ? (const float *)p[3] + j : NULL,
            .res = s->flag ? (const float *)p[4] + j : NULL, .ldres = s->ld, .c = (float *)p[0] + j,
            .ldc = s->ld});
}
static double gemm_terms(const ck_inputs *in, int b, size_t i0, size_t r, size_t j)
{
    const ck_shape *s = in->shape;
    double total = s->flag ? abs_at(in, 3, j) + abs_at(in, 4, r * s->ld + j) : 0;
    for (size_t l = 0; l < gemm_depth(s); l++)
        total += abs_at(in, 1, r * (gemm_depth(s) + s->ld2 - s->c) + l) * abs_at(in, 2, l * s->ld2 + j);
    (void)b, (void)i0;
    return total;
}

/* As attention uses it: whole panels of any tier, the largest of each column, and
 * with flag a transposed and the columns of res scaled. */
static size_t panels_c(const ck_shape *s)
{
    return (s->c + 31) / 32 * 32;
}
static size_t panels_ld(const ck_shape *s)
{
    return panels_c(s) + s->ld - s->c;
}
static size_t panels_lda(const ck_shape *s)
{
    return (s->flag ? gemm_rows(s) : gemm_depth(s)) + s->ld2 - s->c;
}
static void gemm_panels_setup(ck_buf *b, const ck_shape *s)
{
    const size_t rows = gemm_rows(s), depth = gemm_depth(s);
    b[0] = mat(CK_OUT, rows, panels_c(s), panels_ld(s));
    b[1] = s->flag ? mat(CK_IN, depth, rows, panels_lda(s)) : mat(CK_IN, rows, depth, panels_lda(s));
    b[2] = filled(mat(CK_IN, depth, panels_c(s), panels_ld(s)), CK_NORMAL);
    b[3] = filled(vec(CK_F32, CK_IN, panels_c(s)), CK_NORMAL);
    b[4] = mat(CK_IN, rows, panels_c(s), panels_ld(s));
    b[5] = vec(CK_F32, CK_INOUT, panels_c(s));
}
static void gemm_panels_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const size_t nr = k->gemm_nr, ld = panels_ld(s);
    for (size_t j = 0; j < panels_c(s); j += nr)
        k->gemm(&(rs_gemm_block){
            .m = gemm_rows(s), .n = nr, .k = gemm_depth(s), .a = p[1], .lda = panels_lda(s),
            .a_trans = s->flag, .b = (const float *)p[2] + j, .ldb = ld,
            .res = (const float *)p[4] + j, .ldres = ld,
            .res_scale = s->flag ? (const float *)p[3] + j : NULL, .col_max = (float *)p[5] + j,
            .c = (float *)p[0] + j, .ldc = ld});
}
static double gemm_panels_terms(const ck_inputs *in, int b, size_t i0, size_t r, size_t j)
{
    const ck_shape *s = in->shape;
    double total = abs_at(in, 4, r * panels_ld(s) + j) * (s->flag ? abs_at(in, 3, j) : 1);
    for (size_t l = 0; l < gemm_depth(s); l++)
        total += abs_at(in, 1, s->flag ? l * panels_lda(s) + r : r * panels_lda(s) + l) *
                 abs_at(in, 2, l * panels_ld(s) + j);
    if (b == 5) { /* the maximum is as wrong as its wrongest candidate */
        total = gemm_rows(s) ? total : 0;
        for (size_t i = r + 1; i < gemm_rows(s); i++)
            total = fmax(total, gemm_panels_terms(in, 0, i0, i, j));
    }
    return total;
}

/* Bytes */

static void range_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_F32, CK_OUT, 2);
    b[1] = vec(CK_F32, CK_IN, s->c);
}
static void range_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    k->range(p[0], (float *)p[0] + 1, p[1], s->c);
}

static void quantise_setup(ck_buf *b, const ck_shape *s)
{
    b[0] = vec(CK_U8, CK_OUT, s->c);
    b[1] = filled(vec(CK_F32, CK_IN, s->c), s->flag ? CK_NORMAL : CK_MIXED);
}
/* Elements of 2 bytes, where the tier has them, go through memory of just their size. */
static void quantise_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const float inv = s->f * 32, zero = s->flag ? 128 : 0;
    if (k->i8_kr == 4) {
        k->quantise(p[0], p[1], s->c, inv, zero);
        return;
    }
    int16_t *wide = malloc(s->c * sizeof *wide + 1);
    k->quantise(wide, p[1], s->c, inv, zero);
    for (size_t i = 0; i < s->c; i++)
        ((uint8_t *)p[0])[i] = (uint8_t)wide[i];
    free(wide);
}

/* All panels of a product, c its depth, in one segment or, with gaps between them,
 * in three; the columns and the first of two rows of each run vary with ld2. The
 * panels are packed here, as every tier has its own. */
enum { I8_MAX_COLUMNS = 64 };
static size_t i8_columns(const ck_shape *s)
{
    return 1 + (s->ld2 * 7 + s->rows) % I8_MAX_COLUMNS;
}
static size_t i8_depth(const ck_shape *s) /* of a segment */
{
    return (s->c / 3 + RS_I8_DEPTH - 1) / RS_I8_DEPTH * RS_I8_DEPTH;
}
static size_t i8_rows(const ck_shape *s)
{
    return s->rows * (s->c < 1000 ? 6 : 1); /* up to 198, more than wait at a time */
}
static void gemm_i8_setup(ck_buf *b, const ck_shape *s)
{
    const size_t n = i8_columns(s), k = i8_depth(s), m = i8_rows(s), gap = s->ld - s->c;
    b[0] = mat(CK_OUT, m, n, n + gap);
    /* runs of two rows, each of three segments */
    b[1] = filled((ck_buf){.type = CK_U8, .dir = CK_IN, .n0 = (m + 1) / 2 * 2, .n1 = 3, .n2 = k,
                           .s0 = 3 * (k + gap), .s1 = k + gap}, CK_BITS);
    b[2] = filled(vec(CK_U8, CK_IN, 3 * k * n), CK_BITS);
    b[3] = filled(vec(CK_F32, CK_IN, m + 2 * n), CK_NORMAL);
    b[4] = mat(CK_IN, m, n, n + gap);
    b[5] = filled(vec(CK_U8, CK_IN, m), CK_BITS);
}
static void gemm_i8_call(const rs_kern *k, void *const *p, const ck_shape *s)
{
    const size_t n = i8_columns(s), depth = i8_depth(s), m = i8_rows(s), gap = s->ld - s->c;
    const size_t nr = k->i8_nr, kr = k->i8_kr, segs = s->flag ? 3 : 1, row = 3 * (depth + gap);
    const float *scales = p[3], *res = p[4];
    const size_t count = m && depth ? (m - 1) * row + (segs - 1) * (depth + gap) + depth : 0;
    int8_t *panel = calloc(3 * depth * nr + 1, 1);
    int16_t *wide = k->i8_kr == 2 ? malloc(count * sizeof *wide + 1) : NULL;
    for (size_t i = 0; wide && i < count; i++)
        wide[i] = ((const uint8_t *)p[1])[i];
    for (size_t j = 0; panel && j < n; j += nr) {
        const size_t columns = n - j < nr ? n - j : nr;
        float b_scale[I8_MAX_COLUMNS] = {0};
        int32_t sum[I8_MAX_COLUMNS] = {0};
        for (size_t c = 0; c < columns; c++) {
            b_scale[c] = scales[m + j + c];
            for (size_t l = 0; l < segs * depth; l++) {
                const int8_t v = ((const int8_t *)p[2])[l * n + j + c];
                panel[(l / kr * nr + c) * kr + l % kr] = v;
                sum[c] += v;
            }
        }
        k->gemm_i8(&(rs_i8_block){
            .m = m, .n = columns, .k = depth, .segs = segs, .lda = row, .run = 2,
            .a = wide ? (void *)wide : p[1], .ld_run = 2 * row, .ld_seg = depth + gap,
            .a_scale = scales, .a_zero = p[5], .b = panel, .b_scale = b_scale,
            .b_sum = sum, .bias = s->flag ? scales + m + n + j : NULL,
            .res = s->flag ? res + j : NULL, .ldres = n + gap, .c = (float *)p[0] + j, .ldc = n + gap});
    }
    free(wide);
    free(panel);
}

#define BITS (1u << CK_BITS)
#define PIXELS {.rows = 1, .c = 512 * 512 * 3 / 4}
#define VALUES {.rows = 1, .c = 64 * 1024}
#define TOKENS {.rows = 128, .c = 320, .ld = 320, .ld2 = 320, .flag = true}

const ck_row ck_rows[] = {
    {.name = "f16_to_f32", .n_buf = 2, .vector = true, .setup = half_setup, .call = f16_call,
     .bench = VALUES},
    {.name = "bf16_to_f32", .n_buf = 2, .vector = true, .setup = half_setup, .call = bf16_call,
     .bench = VALUES},
    {.name = "add", .n_buf = 3, .vector = true, .alias = {1, 2}, .setup = binary_setup,
     .call = add_call, .bench = VALUES},
    {.name = "axpby", .n_buf = 3, .vector = true, .alias = {1, 2}, .setup = binary_setup,
     .call = axpby_call, .bench = VALUES},
    {.name = "add_bias", .n_buf = 2, .setup = add_bias_setup, .call = add_bias_call,
     .bench = TOKENS},
    {.name = "silu", .cls = CK_FUNC, .extra = BITS, .n_buf = 2, .vector = true, .alias = {1},
     .setup = unary_setup, .call = silu_call, .bench = VALUES},
    {.name = "gelu", .cls = CK_FUNC, .extra = BITS, .n_buf = 2, .vector = true, .alias = {1},
     .setup = unary_setup, .call = gelu_call, .bench = VALUES},
    {.name = "quick_gelu", .cls = CK_FUNC, .extra = BITS, .n_buf = 2, .vector = true,
     .alias = {1}, .setup = unary_setup, .call = quick_gelu_call, .bench = VALUES},
    {.name = "geglu", .cls = CK_FUNC, .n_buf = 2, .vector = true, .setup = geglu_setup,
     .call = geglu_call, .bench = VALUES},
    {.name = "layer_norm", .cls = CK_SUM, .n_buf = 4, .alias = {1}, .setup = layer_norm_setup,
     .call = layer_norm_call, .terms = layer_norm_terms, .bench = TOKENS},
    {.name = "channel_sums", .cls = CK_SUM, .n_buf = 3, .setup = channel_sums_setup,
     .call = channel_sums_call, .terms = channel_sums_terms, .bench = TOKENS},
    {.name = "scale_shift", .cls = CK_FUNC, .n_buf = 4, .alias = {1}, .setup = scale_shift_setup,
     .call = scale_shift_call, .bench = TOKENS},
    {.name = "softmax_step", .cls = CK_FUNC, .extra = 1u << CK_MASKED, .n_buf = 4,
     .setup = softmax_setup, .call = softmax_call,
     .bench = {.rows = 96, .c = 64, .ld = 64}},
    {.name = "wino_input", .cls = CK_SUM, .n_buf = 2, .tile = 6, .setup = wino_input_setup,
     .call = wino_input_call, .terms = wino_input_terms,
     .bench = {.c = 320, .ld = 328, .ld2 = 320, .y1 = 6, .x1 = 6}, .flops = 320.0 * 12 * 12},
    {.name = "wino_output", .cls = CK_SUM, .n_buf = 4, .tile = 4, .alias = {3},
     .setup = wino_output_setup, .call = wino_output_call, .terms = wino_output_terms,
     .bench = {.c = 320, .ld = 328, .ld2 = 320, .y1 = 4, .x1 = 4, .flag = true},
     .flops = 320.0 * (10 * 12 + 2 * 16)},
    {.name = "wino_weight", .cls = CK_SUM, .n_buf = 2, .setup = wino_weight_setup,
     .call = wino_weight_call, .terms = wino_weight_terms,
     .bench = {.rows = 64, .c = 16, .ld = 32, .f = 0.01f}, .flops = 64.0 * 16 * (9 * 6 + 2 * 26)},
    {.name = "gemm", .cls = CK_SUM, .n_buf = 5, .alias = {4}, .setup = gemm_setup,
     .call = gemm_call, .terms = gemm_terms,
     .bench = {.rows = 144, .c = 64, .ld = 64, .ld2 = 64, .f = 2.8285f, .flag = true},
     .flops = 2.0 * 144 * 64 * 320},
    {.name = "gemm_panels", .further = true, .cls = CK_SUM, .n_buf = 6, .alias = {4},
     .setup = gemm_panels_setup, .call = gemm_panels_call, .terms = gemm_panels_terms,
     .bench = {.rows = 96, .c = 64, .ld = 64, .ld2 = 64, .f = 1.55f, .flag = true},
     .flops = 2.0 * 96 * 64 * 96},
    {.name = "gemm_bf16", .n_buf = 6, .alias = {4}, .setup = ck_gemm_bf16_setup,
     .call = ck_gemm_bf16_call,
     .bench = {.rows = 144, .c = 64, .ld = 64, .ld2 = 64, .f = 2.8285f, .flag = true},
     .flops = 2.0 * 144 * 64 * 320},
    {.name = "f32_to_bf16", .extra = BITS, .n_buf = 2, .vector = true, .setup = ck_to_bf16_setup,
     .call = ck_to_bf16_call, .bench = VALUES},
    {.name = "bf16_pairs", .extra = BITS, .n_buf = 2, .setup = ck_bf16_pairs_setup,
     .call = ck_bf16_pairs_call, .bench = {.rows = 96, .c = 64, .ld = 64}},
    {.name = "range", .extra = BITS, .n_buf = 2, .vector = true, .setup = range_setup,
     .call = range_call, .bench = VALUES},
    {.name = "quantise", .n_buf = 2, .vector = true, .setup = quantise_setup, .call = quantise_call,
     .bench = VALUES},
    {.name = "gemm_i8", .n_buf = 6, .alias = {4}, .setup = gemm_i8_setup, .call = gemm_i8_call,
     .bench = {.rows = 24, .c = 960, .ld = 960, .ld2 = 9, .flag = true},
     .flops = 2.0 * 144 * 24 * 960},
    {.name = "u8_to_f32", .n_buf = 2, .vector = true, .setup = u8_setup, .call = u8_call,
     .bench = PIXELS},
    {.name = "f32_to_u8", .extra = BITS, .n_buf = 2, .vector = true, .setup = to_u8_setup,
     .call = to_u8_call, .bench = PIXELS},
};
const size_t ck_n_rows = sizeof ck_rows / sizeof ck_rows[0];
