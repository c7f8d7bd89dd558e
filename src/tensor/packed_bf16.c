#include "tensor/packed_bf16.h"

#include "base/mem.h"

#define STEP ((size_t)32) /* rows of a piece */

struct job {
    const rs_kern *kern;
    const rs_packed_source *src; /* of weights, or */
    const rs_matmul *mm;         /* of activations */
    size_t rows, k, pairs;       /* values and pairs of a row */
    rs_bf16_pair *to;            /* [rows, pairs] */
    float *work;                 /* a worker's: a row as in its file, and with its taps outermost */
    size_t stride;
};

static void round_row(const struct job *j, size_t row, const float *x)
{
    uint16_t *to = j->to[row * j->pairs].v;
    j->kern->f32_to_bf16(to, x, j->k);
    if (j->k % 2)
        to[j->k] = 0;
}

static void weight_piece(void *arg, size_t row, int worker)
{
    const struct job *j = arg;
    const size_t c = j->src->c, taps = j->src->taps;
    float *from = j->work + (size_t)worker * j->stride, *by_tap = from + j->k;
    rs_packed_source_row(j->kern, j->src, row, from);
    for (size_t i = 0; i < j->k; i++)
        by_tap[i % taps * c + i / taps] = from[i];
    round_row(j, row, by_tap);
}

static rs_status take_pairs(const rs_exec *ex, struct job *j, rs_err *err)
{
    size_t bytes;
    j->pairs = rs_div_up(j->k, 2);
    if (!rs_mul_size(j->rows, j->pairs, &bytes) || !rs_mul_size(bytes, sizeof(rs_bf16_pair), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "a matrix of %zu x %zu is too large", j->rows, j->k);
    j->to = rs_arena_alloc(ex->scratch, bytes);
    if (!j->to)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu x %zu values of 16 bits", j->rows, j->k);
    return RS_OK;
}

static rs_status make(const rs_exec *ex, rs_arena *arena, struct job *j, rs_packed *out, rs_err *err)
{
    RS_TRY(take_pairs(ex, j, err));
    RS_TRY(rs_exec_worker_floats(ex, 2 * j->k, &j->work, err));
    j->stride = rs_exec_stride(2 * j->k);
    rs_par_for(ex->pool, j->rows, weight_piece, j);
    const rs_packed_source pairs = { .data = j->to, .type = RS_ELEM_PAIRS, .n = j->rows, .c = j->pairs,
                                     .taps = 1 };
    RS_TRY(rs_packed_make(ex, arena, &pairs, out, err));
    out->values = j->k;
    return RS_OK;
}

rs_status rs_packed_bf16_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src,
                              rs_packed *out, rs_err *err)
{
    struct job j = { .kern = ex->kern, .src = src, .rows = src->n, .k = src->c * src->taps };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = make(ex, arena, &j, out, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

static void rows_piece(void *arg, size_t piece, int worker)
{
    (void)worker;
    const struct job *j = arg;
    for (size_t i = piece * STEP; i < rs_least((piece + 1) * STEP, j->rows); i++)
        round_row(j, i, j->mm->x + i * j->mm->ldx);
}

rs_status rs_packed_run(const rs_exec *ex, const rs_packed *w, const rs_matmul *mm, rs_err *err)
{
    if (w->type != RS_ELEM_PAIRS)
        return rs_packed_matmul(ex, w, mm, err);
    struct job j = { .kern = ex->kern, .mm = mm, .rows = mm->m, .k = w->values };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    rs_status s = take_pairs(ex, &j, err);
    if (s == RS_OK) {
        rs_matmul rounded = *mm;
        rounded.x2 = j.to;
        rounded.ldx = j.pairs;
        rs_par_for(ex->pool, rs_div_up(mm->m, STEP), rows_piece, &j);
        s = rs_packed_matmul(ex, w, &rounded, err);
    }
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
