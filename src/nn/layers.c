#include "nn/layers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tensor/gemm.h"
#include "tensor/op_norm.h"

rs_scope rs_scope_sub(const rs_scope *parent, const char *fmt, ...)
{
    rs_scope s = *parent;
    size_t n = strlen(s.prefix);
    if (n && n + 1 < sizeof(s.prefix)) {
        s.prefix[n++] = '.';
        s.prefix[n] = '\0';
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s.prefix + n, sizeof(s.prefix) - n, fmt, ap);
    va_end(ap);
    return s;
}

rs_status rs_scope_f32(const rs_scope *s, rs_arena *arena, const char *name, int rank,
                       const int64_t *shape, const float **out, rs_err *err)
{
    const rs_scope full = rs_scope_sub(s, "%s", name);
    return rs_bundle_f32(arena, s->bundle, s->part, full.prefix, rank, shape, out, err);
}

bool rs_scope_has(const rs_scope *s, const char *name)
{
    const rs_scope full = rs_scope_sub(s, "%s", name);
    return rs_bundle_find(s->bundle, s->part, full.prefix) != NULL;
}

static rs_status load_vector(const rs_scope *s, const char *name, int n, const float **out, rs_err *err)
{
    return rs_scope_f32(s, s->arena, name, 1, (const int64_t[]){ n }, out, err);
}

rs_status rs_linear_load(const rs_scope *s, const char *name, int in, int out, bool bias,
                         rs_linear *l, rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_linear lin = { .in = in, .out = out };
    RS_TRY(rs_scope_f32(&at, s->arena, "weight", 2, (const int64_t[]){ out, in }, &lin.w, err));
    if (bias)
        RS_TRY(load_vector(&at, "bias", out, &lin.b, err));
    *l = lin;
    return RS_OK;
}

void rs_linear_forward(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                       const rs_tensor *res)
{
    RS_BUG_IF(x->c != l->in || y->c != l->out || rs_tensor_rows(x) != rs_tensor_rows(y));
    rs_matmul_run(ex, &(rs_matmul){
        .m = rs_tensor_rows(x), .n = (size_t)l->out, .k = (size_t)l->in, .x = x->data,
        .ldx = (size_t)l->in, .w = l->w, .bias = l->b, .res = res ? res->data : NULL, .y = y->data });
}

rs_status rs_conv_load(const rs_scope *s, const char *name, int c_in, int c_out, int kernel, int stride,
                       int pad, rs_conv *c, rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_conv conv = { .stride = stride, .pad = pad };
    RS_TRY(load_vector(&at, "bias", c_out, &conv.bias, err));
    /* a packed kernel is a copy, so its source may go with the scratch */
    rs_arena *keep = kernel == 1 ? s->arena : s->ex->scratch;
    const rs_arena_mark mark = rs_arena_save(s->ex->scratch);
    const float *w;
    rs_status st = rs_scope_f32(&at, keep, "weight", 4, (const int64_t[]){ c_out, c_in, kernel, kernel },
                                &w, err);
    if (st == RS_OK)
        st = rs_conv_pack(s->ex, s->arena, w, c_out, c_in, kernel, stride == 1 && pad == kernel / 2,
                          &conv.w, err);
    rs_arena_rewind(s->ex->scratch, mark);
    if (st == RS_OK)
        *c = conv;
    return st;
}

rs_status rs_conv_forward(const rs_exec *ex, const rs_conv *c, const rs_tensor *dst,
                          const rs_tensor *src, const float *bias, const rs_tensor *res, rs_err *err)
{
    return rs_op_conv(ex, dst, src, &c->w, &(rs_conv_args){ .stride = c->stride, .pad = c->pad,
                      .bias = bias ? bias : c->bias, .res = res }, err);
}

rs_status rs_norm_load(const rs_scope *s, const char *name, int c, int groups, float eps, rs_norm *n,
                       rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_norm norm = { .c = c, .groups = groups, .eps = eps };
    if (groups > 0 && c % groups)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': %d channels cannot be split in %d groups", at.prefix, c,
                       groups);
    RS_TRY(load_vector(&at, "weight", c, &norm.gamma, err));
    RS_TRY(load_vector(&at, "bias", c, &norm.beta, err));
    *n = norm;
    return RS_OK;
}

rs_status rs_norm_forward(const rs_exec *ex, const rs_norm *n, const rs_tensor *dst,
                          const rs_tensor *src, bool silu, rs_err *err)
{
    if (n->groups > 0)
        return rs_op_group_norm(ex, dst, src, n->groups, n->eps, n->gamma, n->beta, silu, err);
    rs_op_layer_norm(ex, dst, src, n->eps, n->gamma, n->beta);
    return RS_OK;
}
