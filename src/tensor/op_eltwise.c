#include "tensor/op_eltwise.h"

#include <string.h>

#include "base/mem.h"

/* About 64 KB a piece: large enough to hide the hand-out, small enough to share. */
#define CHUNK ((size_t)16384)

typedef void unary_fn(float *dst, const float *src, size_t n);

struct unary_job {
    unary_fn *fn;
    float *dst;
    const float *src;
    size_t n;
};

static void unary_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct unary_job *j = arg;
    const size_t from = i * CHUNK, n = j->n - from < CHUNK ? j->n - from : CHUNK;
    j->fn(j->dst + from, j->src + from, n);
}

static void unary(const rs_exec *ex, unary_fn *fn, const rs_tensor *dst, const rs_tensor *src)
{
    struct unary_job j = { fn, dst->data, src->data, rs_tensor_count(src) };
    rs_par_for(ex->pool, rs_div_up(j.n, CHUNK), unary_piece, &j);
}

void rs_op_silu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    unary(ex, ex->kern->silu, dst, src);
}

void rs_op_gelu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    unary(ex, ex->kern->gelu, dst, src);
}

void rs_op_quick_gelu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    unary(ex, ex->kern->quick_gelu, dst, src);
}

/* Work on whole rows: [row0, row0 + n) of both tensors. */
struct rows_job {
    const rs_exec *ex;
    const rs_tensor *dst, *a, *b;
    size_t step, rows;
};

static size_t rows_step(size_t floats_per_row)
{
    const size_t step = CHUNK / floats_per_row;
    return step ? step : 1;
}

static void concat_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct rows_job *j = arg;
    const size_t r0 = i * j->step, r1 = r0 + j->step < j->rows ? r0 + j->step : j->rows;
    const size_t ca = (size_t)j->a->c, cb = (size_t)j->b->c;
    for (size_t r = r0; r < r1; r++) {
        float *d = j->dst->data + r * (ca + cb);
        memcpy(d, j->a->data + r * ca, ca * sizeof(float));
        memcpy(d + ca, j->b->data + r * cb, cb * sizeof(float));
    }
}

void rs_op_concat(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *a, const rs_tensor *b)
{
    RS_BUG_IF(dst->c != a->c + b->c || rs_tensor_rows(a) != rs_tensor_rows(b));
    struct rows_job j = { .ex = ex, .dst = dst, .a = a, .b = b, .rows = rs_tensor_rows(dst),
                          .step = rows_step((size_t)dst->c) };
    rs_par_for(ex->pool, rs_div_up(j.rows, j.step), concat_piece, &j);
}

/* One piece is one output row of pixels. */
static void upsample_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct rows_job *j = arg;
    const rs_tensor *d = j->dst, *s = j->a;
    const size_t n = i / (size_t)d->h, y = i % (size_t)d->h, c = (size_t)d->c;
    const size_t sy = y * (size_t)s->h / (size_t)d->h;
    const float *src = s->data + (n * (size_t)s->h + sy) * (size_t)s->w * c;
    float *dst = d->data + i * (size_t)d->w * c;
    for (size_t x = 0; x < (size_t)d->w; x++)
        memcpy(dst + x * c, src + x * (size_t)s->w / (size_t)d->w * c, c * sizeof(float));
}

void rs_op_upsample_nearest(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    RS_BUG_IF(dst->c != src->c || dst->n != src->n);
    struct rows_job j = { .ex = ex, .dst = dst, .a = src };
    rs_par_for(ex->pool, (size_t)dst->n * (size_t)dst->h, upsample_piece, &j);
}
