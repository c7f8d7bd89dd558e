/* The spatial transformer of the UNet (diffusers' Transformer2DModel): group
 * norm, a projection in, `depth` blocks of self attention, cross attention and a
 * GEGLU feed-forward, a projection out, all added to the input. */
#ifndef RS_NN_TRANSFORMER_H
#define RS_NN_TRANSFORMER_H

#include "nn/attention.h"

typedef struct rs_transformer_block {
    rs_norm norm1, norm2, norm3;
    rs_attention self, cross;
    rs_linear ff_in, ff_out; /* c -> 8c (values and gates), 4c -> c */
} rs_transformer_block;

typedef struct rs_transformer {
    int c, depth;
    rs_norm norm;
    rs_linear proj_in, proj_out; /* a 1x1 convolution is the same product */
    rs_transformer_block *blocks; /* [depth] */
} rs_transformer;

rs_status rs_transformer_load(const rs_scope *s, int c, int context_dim, int heads, int depth, int groups,
                              rs_transformer *t, rs_err *err);

/* Keys and values of a context for every block, kept over steps and frames:
 * kv is an array of depth. */
rs_status rs_transformer_context(const rs_exec *ex, const rs_transformer *t, rs_arena *arena,
                                 const rs_tensor *context, rs_kv *kv, rs_err *err);

/* x: [n, h, w, c], changed in place. kv from rs_transformer_context. */
rs_status rs_transformer_forward(const rs_exec *ex, const rs_transformer *t, const rs_tensor *x,
                                 const rs_kv *kv, rs_err *err);

/* One block on the tokens x, in place. */
rs_status rs_transformer_block_forward(const rs_exec *ex, const rs_transformer_block *b,
                                       const rs_tensor *x, const rs_kv *kv, rs_err *err);

#endif
