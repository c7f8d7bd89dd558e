#include "model/esrgan.h"

#include <string.h>

#include "tensor/op_eltwise.h"
#include "tensor/op_pixels.h"

/* x in place; a and b: two tensors of width + 4 growth channels, grown: one of growth. */
struct dense {
    const rs_exec *ex;
    const rs_rrdb *r;
    rs_tensor a, b, grown, last;
};

static rs_tensor narrowed(const rs_tensor *t, int c)
{
    rs_tensor v = *t;
    v.c = c;
    return v;
}

/* x + 0.2 conv_5([x, x_1, .., x_4]) */
static rs_status dense_run(const struct dense *d, const rs_dense_block *block, const rs_tensor *x,
                           rs_err *err)
{
    rs_tensor all = *x;
    for (int k = 0; k < 4; k++) {
        RS_TRY(rs_conv_forward(d->ex, &block->conv[k], &d->grown, &all, NULL, err));
        rs_op_leaky(d->ex, &d->grown, d->r->slope);
        const rs_tensor next = narrowed(k % 2 ? &d->b : &d->a, all.c + d->r->growth);
        rs_op_concat(d->ex, &next, &all, &d->grown);
        all = next;
    }
    RS_TRY(rs_conv_forward(d->ex, &block->conv[4], &d->last, &all, NULL, err));
    rs_op_scale_add(d->ex, x, &d->last, 0.2f, x);
    return RS_OK;
}

/* Residual in residual: x + 0.2 dense(dense(dense(x))), x in place */
static rs_status body_run(const struct dense *d, const rs_tensor *x, const rs_tensor *inner, rs_err *err)
{
    for (int i = 0; i < d->r->n_blocks; i++) {
        memcpy(inner->data, x->data, rs_tensor_count(x) * sizeof(float));
        for (int k = 0; k < 3; k++)
            RS_TRY(dense_run(d, &d->r->blocks[i][k], inner, err));
        rs_op_scale_add(d->ex, x, inner, 0.2f, x);
    }
    return RS_OK;
}

static rs_status like(const rs_exec *ex, const rs_tensor *x, int c, rs_tensor *out, rs_err *err)
{
    return rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, c, out, err);
}

/* features + trunk(body(features)), in features; scratch is given back */
static rs_status trunk_run(const rs_exec *ex, const rs_rrdb *r, const rs_tensor *features, rs_err *err)
{
    struct dense d = { .ex = ex, .r = r };
    rs_tensor x, inner;
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    RS_TRY(like(ex, features, r->width, &x, err));
    RS_TRY(like(ex, features, r->width, &inner, err));
    RS_TRY(like(ex, features, r->width + 4 * r->growth, &d.a, err));
    RS_TRY(like(ex, features, r->width + 4 * r->growth, &d.b, err));
    RS_TRY(like(ex, features, r->growth, &d.grown, err));
    RS_TRY(like(ex, features, r->width, &d.last, err));
    memcpy(x.data, features->data, rs_tensor_count(&x) * sizeof(float));
    RS_TRY(body_run(&d, &x, &inner, err));
    RS_TRY(rs_conv_forward(ex, &r->trunk, features, &x, &(rs_conv_args){ .res = features }, err));
    rs_arena_rewind(ex->scratch, mark);
    return RS_OK;
}

static rs_status rrdb_run(const rs_exec *ex, const rs_rrdb *r, const rs_tensor *dst, const rs_tensor *src,
                          rs_err *err)
{
    const int f = r->unshuffle;
    rs_tensor in = *src, x, y;
    if (f > 1) {
        RS_TRY(rs_tensor_alloc(ex->scratch, 1, src->h / f, src->w / f, 3 * f * f, &in, err));
        rs_op_pixel_unshuffle(ex, &in, src);
    }
    RS_TRY(like(ex, &in, r->width, &x, err));
    RS_TRY(rs_conv_forward(ex, &r->first, &x, &in, NULL, err));
    RS_TRY(trunk_run(ex, r, &x, err));
    for (int i = 0; i < r->n_ups; i++, x = y) {
        RS_TRY(rs_tensor_alloc(ex->scratch, 1, 2 * x.h, 2 * x.w, r->width, &y, err));
        RS_TRY(rs_conv_forward(ex, &r->up[i], &y, &x, &(rs_conv_args){ .enlarge = true }, err));
        rs_op_leaky(ex, &y, r->slope);
    }
    RS_TRY(like(ex, &x, r->width, &y, err));
    RS_TRY(rs_conv_forward(ex, &r->high, &y, &x, NULL, err));
    rs_op_leaky(ex, &y, r->slope);
    return rs_conv_forward(ex, &r->last, dst, &y, NULL, err);
}

static rs_status srvgg_run(const rs_exec *ex, const rs_srvgg *v, const rs_tensor *dst,
                           const rs_tensor *src, rs_err *err)
{
    rs_tensor x, y, blocks, base;
    RS_TRY(like(ex, src, v->width, &x, err));
    RS_TRY(like(ex, src, v->width, &y, err));
    RS_TRY(like(ex, src, v->conv[v->n_convs - 1].w.c_out, &blocks, err));
    const rs_tensor *in = src;
    for (int i = 0; i + 1 < v->n_convs; i++) {
        const rs_tensor *to = in == &x ? &y : &x;
        RS_TRY(rs_conv_forward(ex, &v->conv[i], to, in, NULL, err));
        rs_op_leaky(ex, to, v->slope[i]);
        in = to;
    }
    RS_TRY(rs_conv_forward(ex, &v->conv[v->n_convs - 1], &blocks, in, NULL, err));
    rs_op_pixel_shuffle(ex, dst, &blocks);
    RS_TRY(like(ex, dst, 3, &base, err));
    rs_op_upsample_nearest(ex, &base, src);
    rs_op_scale_add(ex, dst, dst, 1.0f, &base);
    return RS_OK;
}

rs_status rs_esrgan_forward(const rs_exec *ex, const rs_esrgan *net, const rs_tensor *dst,
                            const rs_tensor *src, rs_err *err)
{
    RS_BUG_IF(src->n != 1 || src->c != 3 || dst->c != 3 || dst->h != src->h * net->scale ||
              dst->w != src->w * net->scale || src->h % net->multiple || src->w % net->multiple);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = net->rrdb ? rrdb_run(ex, net->rrdb, dst, src, err)
                                  : srvgg_run(ex, net->srvgg, dst, src, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
