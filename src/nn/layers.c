#include "nn/layers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/op_norm.h"
#include "tensor/packed_bf16.h"

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

rs_scope rs_scope_exact(const rs_scope *s)
{
    rs_scope exact = *s;
    exact.least = RS_BITS_F32;
    return exact;
}

rs_scope rs_scope_careful(const rs_scope *s)
{
    rs_scope careful = *s;
    careful.least = s->least == RS_BITS_F32 ? RS_BITS_F32 : RS_BITS_BF16;
    return careful;
}

rs_status rs_scope_f32(const rs_scope *s, rs_arena *arena, const char *name, int rank,
                       const int64_t *shape, const float **out, rs_err *err)
{
    const rs_scope full = rs_scope_sub(s, "%s", name);
    return rs_bundle_f32(arena, s->bundle, s->part, full.prefix, rank, shape, out, err);
}

rs_status rs_scope_name(const rs_scope *s, const char **name, rs_err *err)
{
    *name = rs_arena_strdup(s->arena, s->prefix);
    return *name ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the name of '%s'", s->prefix);
}

static rs_status load_vector(const rs_scope *s, const char *name, int n, const float **out, rs_err *err)
{
    return rs_scope_f32(s, s->arena, name, 1, (const int64_t[]){ n }, out, err);
}

/* The weights `weight` of a layer as they lie in the file; those of a type that
 * cannot be packed, or that networks change, become floats in memory of arena. shape: n, c, and rank - 2
 * further ones. */
static rs_status weight_source(const rs_scope *s, rs_arena *arena, int rank, const int64_t *shape,
                               rs_packed_source *src, const rs_wtensor **tensor, rs_err *err)
{
    const rs_scope full = rs_scope_sub(s, "weight");
    RS_TRY(rs_bundle_tensor(arena, s->bundle, s->part, full.prefix, rank, shape, s->ex->pool, tensor,
                            err));
    const rs_wtensor *t = *tensor;
    *src = (rs_packed_source){ .n = (size_t)shape[0], .c = (size_t)shape[1], .taps = 1 };
    for (int i = 2; i < rank; i++)
        src->taps *= (size_t)shape[i];
    src->type = t->dtype == RS_DTYPE_F16 ? RS_ELEM_F16
                : t->dtype == RS_DTYPE_BF16 ? RS_ELEM_BF16 : RS_ELEM_F32;
    src->data = t->data;
    if (t->dtype == RS_DTYPE_F64) {
        const float *values;
        RS_TRY(rs_scope_f32(s, arena, "weight", rank, shape, &values, err));
        src->data = values;
    }
    return RS_OK;
}

rs_status rs_linear_load(const rs_scope *s, const char *name, int in, int out, bool bias,
                         rs_linear *l, rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    const rs_bits bits = rs_bits_used(s->ex->kern, s->least, false);
    rs_linear lin = { .in = in, .out = out, .bytes = bits == RS_BITS_I8 };
    rs_packed_source src;
    const rs_wtensor *t;
    RS_TRY(rs_scope_name(&at, &lin.name, err));
    if (bias)
        RS_TRY(load_vector(&at, "bias", out, &lin.b, err));
    const rs_arena_mark mark = rs_arena_save(s->ex->scratch);
    rs_status st = weight_source(&at, s->ex->scratch, 2, (const int64_t[]){ out, in }, &src, &t, err);
    if (st == RS_OK)
        st = lin.bytes ? rs_packed_i8_make(s->ex, s->arena, &src, &lin.i8, err)
             : bits == RS_BITS_BF16 ? rs_packed_bf16_make(s->ex, s->arena, &src, &lin.w, err)
                                    : rs_packed_make(s->ex, s->arena, &src, &lin.w, err);
    if (st == RS_OK) {
        lin.kind = t->rank > 2 ? RS_PROF_CONV1 : RS_PROF_LINEAR;
        rs_wtensor_drop(t);
        *l = lin;
    }
    rs_arena_rewind(s->ex->scratch, mark);
    return st;
}

/* weights, input, output and what is added to it */
static double moved_bytes(size_t weights, const rs_tensor *y, const rs_tensor *x, const rs_tensor *res)
{
    return (double)weights + rs_tensor_bytes(x) + (res ? 2.0 : 1.0) * rs_tensor_bytes(y);
}

static rs_status product(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                         const rs_tensor *res, bool geglu, rs_err *err)
{
    RS_BUG_IF(x->c != l->in || y->c * (geglu ? 2 : 1) != l->out || rs_tensor_rows(x) != rs_tensor_rows(y));
    const double t0 = rs_prof_start(ex->prof);
    const rs_matmul mm = { .m = rs_tensor_rows(x), .x = x->data, .ldx = (size_t)l->in, .bias = l->b,
                           .res = res ? res->data : NULL, .y = y->data, .geglu = geglu };
    if (l->bytes)
        RS_TRY(rs_packed_i8_matmul(ex, &l->i8, &mm, err));
    else
        RS_TRY(rs_packed_run(ex, &l->w, &mm, err));
    rs_prof_end(ex->prof, t0, l->kind, l->name, 2.0 * (double)rs_tensor_count(x) * l->out,
                moved_bytes(l->bytes ? rs_packed_i8_bytes(&l->i8) : rs_packed_bytes(&l->w), y, x, res));
    return RS_OK;
}

rs_status rs_linear_forward(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                            const rs_tensor *res, rs_err *err)
{
    return product(ex, l, y, x, res, false, err);
}

rs_status rs_linear_geglu(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                          rs_err *err)
{
    return product(ex, l, y, x, NULL, true, err);
}

rs_status rs_conv_load(const rs_scope *s, const char *name, int c_in, int c_out, int kernel, int stride,
                       int pad, rs_conv *c, rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_conv conv = { .stride = stride, .pad = pad };
    rs_packed_source src;
    const rs_wtensor *t;
    RS_TRY(rs_scope_name(&at, &conv.name, err));
    RS_TRY(load_vector(&at, "bias", c_out, &conv.bias, err));
    const rs_arena_mark mark = rs_arena_save(s->ex->scratch);
    const int64_t shape[] = { c_out, c_in, kernel, kernel };
    rs_status st = weight_source(&at, s->ex->scratch, 4, shape, &src, &t, err);
    if (st == RS_OK)
        st = rs_conv_pack(s->ex, s->arena, &src, kernel, stride == 1 && pad == kernel / 2, s->least,
                          &conv.w, err);
    if (st == RS_OK) {
        rs_wtensor_drop(t);
        *c = conv;
    }
    rs_arena_rewind(s->ex->scratch, mark);
    return st;
}

static rs_prof_kind conv_kind(const rs_conv *c)
{
    return c->w.kernel == 1 ? RS_PROF_CONV1 : c->w.wino ? RS_PROF_WINOGRAD : RS_PROF_PATCHES;
}

rs_status rs_conv_forward(const rs_exec *ex, const rs_conv *c, const rs_tensor *dst,
                          const rs_tensor *src, const rs_conv_args *with, rs_err *err)
{
    rs_conv_args args = with ? *with : (rs_conv_args){ 0 };
    args.stride = c->stride;
    args.pad = c->pad;
    if (!args.bias)
        args.bias = c->bias;
    const double t0 = rs_prof_start(ex->prof);
    RS_TRY(rs_op_conv(ex, dst, src, &c->w, &args, err));
    rs_prof_end(ex->prof, t0, conv_kind(c), c->name, 2.0 * (double)rs_tensor_count(dst) * c->w.c_in *
                c->w.kernel * c->w.kernel, moved_bytes(rs_conv_bytes(&c->w), dst, src, args.res));
    return RS_OK;
}

rs_status rs_table_load(const rs_scope *s, const char *name, int n, int c, rs_table *t, rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_table table = { .n = n, .c = c };
    const rs_wtensor *w;
    RS_TRY(weight_source(&at, s->arena, 2, (const int64_t[]){ n, c }, &table.rows, &w, err));
    rs_wtensor_drop(w); /* all values were looked at, few will be used */
    *t = table;
    return RS_OK;
}

void rs_table_row(const rs_exec *ex, const rs_table *t, int row, float *dst)
{
    RS_BUG_IF(row < 0 || row >= t->n);
    rs_packed_source_row(ex->kern, &t->rows, (size_t)row, dst);
}

rs_status rs_norm_load(const rs_scope *s, const char *name, int c, int groups, float eps, rs_norm *n,
                       rs_err *err)
{
    const rs_scope at = rs_scope_sub(s, "%s", name);
    rs_norm norm = { .c = c, .groups = groups, .eps = eps };
    if (groups > 0 && c % groups)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': %d channels cannot be split in %d groups", at.prefix, c,
                       groups);
    RS_TRY(rs_scope_name(&at, &norm.name, err));
    RS_TRY(load_vector(&at, "weight", c, &norm.gamma, err));
    RS_TRY(load_vector(&at, "bias", c, &norm.beta, err));
    *n = norm;
    return RS_OK;
}

rs_status rs_norm_forward(const rs_exec *ex, const rs_norm *n, const rs_tensor *dst,
                          const rs_tensor *src, bool silu, rs_err *err)
{
    const double t0 = rs_prof_start(ex->prof);
    if (n->groups > 0)
        RS_TRY(rs_op_group_norm(ex, dst, src, n->groups, n->eps, n->gamma, n->beta, silu, err));
    else
        rs_op_layer_norm(ex, dst, src, n->eps, n->gamma, n->beta);
    rs_prof_end(ex->prof, t0, RS_PROF_NORM, n->name, 0, rs_tensor_bytes(src) + rs_tensor_bytes(dst));
    return RS_OK;
}

static rs_status norm_conv(const rs_exec *ex, const rs_norm *n, const rs_conv *c, const rs_tensor *dst,
                           const rs_tensor *src, rs_conv_args *args, rs_err *err)
{
    rs_tensor scale, shift;
    RS_TRY(rs_tensor_alloc(ex->scratch, src->n, 1, 1, src->c, &scale, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, src->n, 1, 1, src->c, &shift, err));
    const rs_channel_scale by = { .scale = scale.data, .shift = shift.data, .silu = true };
    const double t0 = rs_prof_start(ex->prof);
    RS_TRY(rs_op_group_scale(ex, src, n->groups, n->eps, n->gamma, n->beta, &by, err));
    rs_prof_end(ex->prof, t0, RS_PROF_NORM, n->name, 0, rs_tensor_bytes(src));
    args->norm = &by;
    return rs_conv_forward(ex, c, dst, src, args, err);
}

rs_status rs_norm_conv_forward(const rs_exec *ex, const rs_norm *n, const rs_conv *c,
                               const rs_tensor *dst, const rs_tensor *src, const rs_conv_args *with,
                               rs_err *err)
{
    RS_BUG_IF(n->groups < 1);
    rs_conv_args args = with ? *with : (rs_conv_args){ 0 };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = norm_conv(ex, n, c, dst, src, &args, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
