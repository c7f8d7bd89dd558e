/* Attention layers: projections around rs_op_attention. */
#ifndef RS_NN_ATTENTION_H
#define RS_NN_ATTENTION_H

#include "nn/hypernet.h"

/* Names of the four projections, which differ between the parts of a model. */
typedef struct rs_attention_names {
    const char *q, *k, *v, *out;
} rs_attention_names;

typedef struct rs_attention {
    int dim, heads;
    bool bf16; /* its own products, of queries, keys and values */
    rs_linear q, k, v, out;
    const char *name;
    const rs_hypernets *hyper; /* what change the context first; NULL: none */
} rs_attention;

/* dim: width of queries and output; context_dim: width of the context that keys and
 * values are made from, 0: they are made from the input. qkv_bias: whether q, k and v
 * have one (out always has). */
rs_status rs_attention_load(const rs_scope *s, const rs_attention_names *names, int dim, int context_dim,
                            int heads, bool qkv_bias, rs_attention *a, rs_err *err);

/* y += out(attention(q(x), k, v)); x: [n, h, w, dim] (normalised), y the same
 * shape (the residual stream). kv: keys and values made by rs_attention_kv, or
 * NULL to make them from x (self attention). */
typedef struct rs_kv {
    rs_tensor k, v;
} rs_kv;

rs_status rs_attention_forward(const rs_exec *ex, const rs_attention *a, const rs_tensor *y,
                               const rs_tensor *x, const rs_kv *kv, bool causal, rs_err *err);

/* Keys and values of a context [n, 1, tokens, context_dim], in memory of arena. */
rs_status rs_attention_kv(const rs_exec *ex, const rs_attention *a, rs_arena *arena,
                          const rs_tensor *context, rs_kv *kv, rs_err *err);

#endif
