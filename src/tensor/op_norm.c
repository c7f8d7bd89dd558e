/* Group norm in two passes over memory: sums a channel, gathered in double over
 * fixed chunks of rows and added up in chunk order (so threads cannot change the
 * result), then one multiply-add a value with the scale and shift they give. */
#include "tensor/op_norm.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_ROWS ((size_t)512)
#define CHANNELS ((size_t)128) /* of a piece of the sums: small pictures are few chunks */
#define FLOATS ((size_t)16384) /* of a piece of all else, at least a row */

struct gn_job {
    const rs_exec *ex;
    const rs_tensor *dst, *src;
    const rs_channel_scale *by;
    size_t chunk;   /* rows */
    size_t chunks;  /* a picture */
    size_t blocks;  /* of channels */
    double *sums;   /* [n, chunks, 2, c] */
};

static void chunk_rows(const struct gn_job *j, size_t i, size_t *pic, size_t *row, size_t *rows)
{
    const size_t hw = (size_t)j->src->h * (size_t)j->src->w;
    *pic = i / j->chunks;
    *row = i % j->chunks * j->chunk;
    *rows = rs_least(hw - *row, j->chunk);
}

static size_t piece_rows(const rs_tensor *src)
{
    return FLOATS / (size_t)src->c ? FLOATS / (size_t)src->c : 1;
}

static void sum_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct gn_job *j = arg;
    const size_t c = (size_t)j->src->c, hw = (size_t)j->src->h * (size_t)j->src->w;
    const size_t chunk = i / j->blocks, c0 = i % j->blocks * CHANNELS, n = rs_least(c - c0, CHANNELS);
    size_t pic, row, rows;
    chunk_rows(j, chunk, &pic, &row, &rows);
    double *s = j->sums + chunk * 2 * c + c0;
    memset(s, 0, n * sizeof(double));
    memset(s + c, 0, n * sizeof(double));
    j->ex->kern->channel_sums(s, s + c, j->src->data + (pic * hw + row) * c + c0, rows, n, c);
}

static void apply_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct gn_job *j = arg;
    const size_t c = (size_t)j->src->c, hw = (size_t)j->src->h * (size_t)j->src->w;
    size_t pic, row, rows;
    chunk_rows(j, i, &pic, &row, &rows);
    const size_t at = (pic * hw + row) * c;
    j->ex->kern->scale_shift(j->dst->data + at, c, j->src->data + at, c,
                             j->by->scale + pic * c, j->by->shift + pic * c, rows, c, j->by->silu);
}

static void group_scale(const struct gn_job *j, size_t pic, int groups, float eps,
                        const float *gamma, const float *beta)
{
    const size_t c = (size_t)j->src->c, per = c / (size_t)groups;
    const double count = (double)per * j->src->h * j->src->w;
    for (size_t g = 0; g < (size_t)groups; g++) {
        double sum = 0, sumsq = 0;
        for (size_t k = 0; k < j->chunks; k++) {
            const double *s = j->sums + (pic * j->chunks + k) * 2 * c;
            for (size_t ch = g * per; ch < (g + 1) * per; ch++) {
                sum += s[ch];
                sumsq += s[c + ch];
            }
        }
        const double mean = sum / count;
        double var = sumsq / count - mean * mean;
        if (var < 0) /* rounding of a constant group; a NaN stays one */
            var = 0;
        const double inv = 1.0 / sqrt(var + (double)eps);
        for (size_t ch = g * per; ch < (g + 1) * per; ch++) {
            const double scale = (double)gamma[ch] * inv;
            j->by->scale[pic * c + ch] = (float)scale;
            j->by->shift[pic * c + ch] = (float)((double)beta[ch] - mean * scale);
        }
    }
}

static struct gn_job job_of(const rs_exec *ex, const rs_tensor *src, const rs_channel_scale *by, size_t chunk)
{
    return (struct gn_job){ .ex = ex, .src = src, .by = by, .chunk = chunk,
                            .chunks = rs_div_up((size_t)src->h * (size_t)src->w, chunk),
                            .blocks = rs_div_up((size_t)src->c, CHANNELS) };
}

static rs_status out_of_scratch(const rs_tensor *src, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the sums of a group norm over %d channels", src->c);
}

rs_status rs_op_group_scale(const rs_exec *ex, const rs_tensor *src, int groups, float eps,
                            const float *gamma, const float *beta, const rs_channel_scale *out,
                            rs_err *err)
{
    RS_BUG_IF(groups < 1 || src->c % groups);
    const size_t n = (size_t)src->n, c = (size_t)src->c;
    struct gn_job j = job_of(ex, src, out, CHUNK_ROWS);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    j.sums = rs_arena_alloc(ex->scratch, n * j.chunks * 2 * c * sizeof(double));
    if (!j.sums)
        return out_of_scratch(src, err);
    rs_par_for(ex->pool, n * j.chunks * j.blocks, sum_piece, &j);
    for (size_t pic = 0; pic < n; pic++)
        group_scale(&j, pic, groups, eps, gamma, beta);
    rs_arena_rewind(ex->scratch, mark);
    return RS_OK;
}

void rs_op_channel_scale(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                         const rs_channel_scale *by)
{
    RS_BUG_IF(!rs_tensor_same_shape(dst, src));
    struct gn_job j = job_of(ex, src, by, piece_rows(src));
    j.dst = dst;
    rs_par_for(ex->pool, (size_t)src->n * j.chunks, apply_piece, &j);
}

rs_status rs_op_group_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, int groups,
                           float eps, const float *gamma, const float *beta, bool silu, rs_err *err)
{
    const size_t count = (size_t)src->n * (size_t)src->c;
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_channel_scale by = { .scale = rs_arena_alloc(ex->scratch, count * sizeof(float)),
                                  .shift = rs_arena_alloc(ex->scratch, count * sizeof(float)),
                                  .silu = silu };
    const rs_status s = by.scale && by.shift
                            ? rs_op_group_scale(ex, src, groups, eps, gamma, beta, &by, err)
                            : out_of_scratch(src, err);
    if (s == RS_OK)
        rs_op_channel_scale(ex, dst, src, &by);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

struct ln_job {
    const rs_exec *ex;
    const rs_tensor *dst, *src;
    const float *gamma, *beta;
    float eps;
    size_t step;
};

static void ln_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct ln_job *j = arg;
    const size_t c = (size_t)j->src->c, total = rs_tensor_rows(j->src);
    const size_t row = i * j->step, rows = rs_least(total - row, j->step);
    j->ex->kern->layer_norm(j->dst->data + row * c, j->src->data + row * c, j->gamma, j->beta, rows, c,
                            j->eps);
}

void rs_op_layer_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, float eps,
                      const float *gamma, const float *beta)
{
    struct ln_job j = { ex, dst, src, gamma, beta, eps, piece_rows(src) };
    rs_par_for(ex->pool, rs_div_up(rs_tensor_rows(src), j.step), ln_piece, &j);
}
