#include "nn/resblock.h"

rs_status rs_resblock_load(const rs_scope *s, int c_in, int c_out, int emb_dim, int groups, float eps,
                           rs_resblock *b, rs_err *err)
{
    rs_resblock r = { .c_in = c_in, .c_out = c_out };
    const rs_scope exact = rs_scope_exact(s);
    RS_TRY(rs_norm_load(s, "norm1", c_in, groups, eps, &r.norm1, err));
    RS_TRY(rs_conv_load(s, "conv1", c_in, c_out, 3, 1, 1, &r.conv1, err));
    if (emb_dim > 0)
        RS_TRY(rs_linear_load(&exact, "time_emb_proj", emb_dim, c_out, true, &r.emb, err));
    RS_TRY(rs_norm_load(s, "norm2", c_out, groups, eps, &r.norm2, err));
    RS_TRY(rs_conv_load(s, "conv2", c_out, c_out, 3, 1, 1, &r.conv2, err));
    if (c_in != c_out)
        RS_TRY(rs_conv_load(s, "conv_shortcut", c_in, c_out, 1, 1, 0, &r.shortcut, err));
    *b = r;
    return RS_OK;
}

/* The time embedding is one vector a batch, so its projection joins conv1's bias. */
static rs_status first_bias(const rs_exec *ex, const rs_resblock *b, const rs_tensor *emb,
                            const float **bias, rs_err *err)
{
    *bias = b->conv1.bias;
    if (!emb)
        return RS_OK;
    rs_tensor v;
    RS_TRY(rs_tensor_alloc(ex->scratch, 1, 1, 1, b->c_out, &v, err));
    RS_TRY(rs_linear_forward(ex, &b->emb, &v, emb, NULL, err));
    ex->kern->add(v.data, v.data, b->conv1.bias, (size_t)b->c_out);
    *bias = v.data;
    return RS_OK;
}

static rs_status forward(const rs_exec *ex, const rs_resblock *b, const rs_tensor *dst,
                         const rs_tensor *x, const rs_tensor *emb, rs_err *err)
{
    const float *bias;
    rs_tensor h;
    RS_TRY(first_bias(ex, b, emb, &bias, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, b->c_out, &h, err));
    RS_TRY(rs_norm_conv_forward(ex, &b->norm1, &b->conv1, &h, x, &(rs_conv_args){ .bias = bias }, err));
    if (b->c_in != b->c_out)
        RS_TRY(rs_conv_forward(ex, &b->shortcut, dst, x, NULL, err));
    return rs_norm_conv_forward(ex, &b->norm2, &b->conv2, dst, &h,
                                &(rs_conv_args){ .res = b->c_in != b->c_out ? dst : x }, err);
}

rs_status rs_resblock_forward(const rs_exec *ex, const rs_resblock *b, const rs_tensor *dst,
                              const rs_tensor *x, const rs_tensor *emb, rs_err *err)
{
    RS_BUG_IF(x->c != b->c_in || dst->c != b->c_out || (emb == NULL) != (b->emb.out == 0));
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = forward(ex, b, dst, x, emb, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
