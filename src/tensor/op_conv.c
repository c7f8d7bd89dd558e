/* Three ways: 1x1 is a plain matrix product over pixels; 3x3 of stride 1 goes to
 * Winograd where both channel counts make it pay; all others gather patches
 * [pixels, kernel*kernel*c_in] in blocks that stay in the cache and multiply. In 8 bits:
 * a product over pixels as well, or op_conv_i8.c. */
#include "tensor/op_conv.h"

#include <string.h>

#include "base/mem.h"
#include "tensor/op_conv_i8.h"
#include "tensor/op_eltwise.h"
#include "tensor/op_wino.h"
#include "tensor/packed_bf16.h"

#define PATCH_BYTES ((size_t)8 << 20)

/* The transforms cost about 100 operations a value of either side: with few
 * input channels they eat the gain. Few output channels fill no panel either way. */
static bool use_wino(int c_in, int kernel, bool unit_stride)
{
    return unit_stride && kernel == 3 && c_in >= 16;
}

rs_status rs_conv_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw, int kernel,
                       bool unit_stride, rs_bits least, rs_conv_weights *out, rs_err *err)
{
    rs_conv_weights w = { .c_in = (int)oihw->c, .c_out = (int)oihw->n, .kernel = kernel };
    RS_BUG_IF(oihw->taps != (size_t)kernel * (size_t)kernel);
    w.wino = use_wino(w.c_in, kernel, unit_stride);
    const rs_bits bits = rs_bits_used(ex->kern, least, w.wino);
    w.bytes = bits == RS_BITS_I8;
    w.wino = w.wino && !w.bytes;
    if (w.bytes)
        RS_TRY(rs_packed_i8_make(ex, arena, oihw, &w.i8, err));
    else if (w.wino)
        RS_TRY(rs_wino_pack(ex, arena, oihw, &w.taps, err));
    else if (bits == RS_BITS_BF16)
        RS_TRY(rs_packed_bf16_make(ex, arena, oihw, &w.w, err));
    else
        RS_TRY(rs_packed_make(ex, arena, oihw, &w.w, err));
    *out = w;
    return RS_OK;
}

size_t rs_conv_bytes(const rs_conv_weights *w)
{
    return w->bytes ? rs_packed_i8_bytes(&w->i8) : w->wino ? rs_wino_bytes(&w->taps) : rs_packed_bytes(&w->w);
}

struct patch_job {
    const rs_tensor *dst, *src;
    int kernel, stride, pad;
    bool wrap;
    size_t first, rows, step;
    float *patches;
};

/* One output pixel's patch: kernel rows of kernel*c floats; outside there are zeros, or
 * with wrap the opposite edge. */
static void gather(const struct patch_job *j, size_t pixel, float *to)
{
    const rs_tensor *s = j->src, *d = j->dst;
    const size_t per = (size_t)d->h * (size_t)d->w, c = (size_t)s->c;
    const int y0 = (int)(pixel % per / (size_t)d->w) * j->stride - j->pad;
    const int x0 = (int)(pixel % per % (size_t)d->w) * j->stride - j->pad;
    const float *pic = s->data + pixel / per * (size_t)s->h * (size_t)s->w * c;
    for (int ky = 0; ky < j->kernel; ky++)
        for (int kx = 0; kx < j->kernel; kx++, to += c) {
            int y = y0 + ky, x = x0 + kx;
            if (j->wrap) { /* pad <= h, w */
                y = (y + s->h) % s->h;
                x = (x + s->w) % s->w;
            }
            if (y < 0 || y >= s->h || x < 0 || x >= s->w)
                memset(to, 0, c * sizeof(float));
            else
                memcpy(to, pic + ((size_t)y * (size_t)s->w + (size_t)x) * c, c * sizeof(float));
        }
}

static void patch_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct patch_job *j = arg;
    const size_t k = (size_t)j->kernel * (size_t)j->kernel * (size_t)j->src->c;
    const size_t r1 = (i + 1) * j->step < j->rows ? (i + 1) * j->step : j->rows;
    for (size_t r = i * j->step; r < r1; r++)
        gather(j, j->first + r, j->patches + r * k);
}

static rs_status conv_patches(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                              const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    const size_t k = (size_t)w->kernel * (size_t)w->kernel * (size_t)w->c_in, n = (size_t)w->c_out;
    const size_t total = rs_tensor_rows(dst);
    size_t block = PATCH_BYTES / sizeof(float) / k;
    block = block < 64 ? 64 : block;
    block = block < total ? block : total;
    struct patch_job j = { .dst = dst, .src = src, .kernel = w->kernel, .stride = args->stride,
                           .pad = args->pad, .wrap = ex->wrap && args->pad > 0, .step = 32 };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    j.patches = rs_arena_alloc(ex->scratch, block * k * sizeof(float));
    if (!j.patches)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a convolution of %d to %d channels", w->c_in,
                       w->c_out);
    rs_status s = RS_OK;
    for (; s == RS_OK && j.first < total; j.first += block) {
        j.rows = total - j.first < block ? total - j.first : block;
        rs_par_for(ex->pool, rs_div_up(j.rows, j.step), patch_piece, &j);
        s = rs_packed_run(ex, &w->w, &(rs_matmul){
            .m = j.rows, .x = j.patches, .ldx = k, .bias = args->bias,
            .res = args->res ? args->res->data + j.first * n : NULL, .y = dst->data + j.first * n }, err);
    }
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

static rs_status conv_plain(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                            const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    if (w->kernel > 1)
        return w->bytes ? rs_op_conv_i8(ex, dst, src, w, args, err)
                        : conv_patches(ex, dst, src, w, args, err);
    RS_BUG_IF(args->stride != 1 || args->pad != 0);
    const rs_matmul mm = { .m = rs_tensor_rows(dst), .x = src->data, .ldx = (size_t)w->c_in,
                           .bias = args->bias, .res = args->res ? args->res->data : NULL, .y = dst->data };
    if (w->bytes)
        return rs_packed_i8_matmul(ex, &w->i8, &mm, err);
    return rs_packed_run(ex, &w->w, &mm, err);
}

/* Of a source that must be normalised or enlarged first. */
static rs_status conv_prepared(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                               const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    rs_tensor x;
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    RS_TRY(rs_tensor_alloc(ex->scratch, src->n, args->enlarge ? dst->h : src->h,
                           args->enlarge ? dst->w : src->w, src->c, &x, err));
    if (args->norm)
        rs_op_channel_scale(ex, &x, src, args->norm);
    else
        rs_op_upsample_nearest(ex, &x, src);
    const rs_status s = conv_plain(ex, dst, &x, w, args, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

rs_status rs_op_conv(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    RS_BUG_IF(src->c != w->c_in || dst->c != w->c_out || src->n != dst->n);
    RS_BUG_IF(args->enlarge && (args->norm || args->stride != 1));
    if (w->wino)
        return rs_op_wino(ex, dst, src, &w->taps, args, err);
    return (args->norm || args->enlarge ? conv_prepared : conv_plain)(ex, dst, src, w, args, err);
}
