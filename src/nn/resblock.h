/* The residual block of UNet and autoencoder (diffusers' ResnetBlock2D):
 *
 *     h   = conv1(silu(norm1(x))) + time_emb_proj(silu(emb))   (UNet only)
 *     out = conv2(silu(norm2(h))) + shortcut(x)
 */
#ifndef RS_NN_RESBLOCK_H
#define RS_NN_RESBLOCK_H

#include "nn/layers.h"

typedef struct rs_resblock {
    int c_in, c_out;
    rs_norm norm1, norm2;
    rs_conv conv1, conv2, shortcut; /* shortcut only when c_in != c_out */
    rs_linear emb;                  /* only when emb_dim > 0 */
} rs_resblock;

/* emb_dim: width of the time embedding, 0 for blocks without one. */
rs_status rs_resblock_load(const rs_scope *s, int c_in, int c_out, int emb_dim, int groups, float eps,
                           rs_resblock *b, rs_err *err);

/* emb: silu of the time embedding, [1, 1, 1, emb_dim], the same for the whole
 * batch; NULL for blocks without one. dst may equal x when c_in == c_out. */
rs_status rs_resblock_forward(const rs_exec *ex, const rs_resblock *b, const rs_tensor *dst,
                              const rs_tensor *x, const rs_tensor *emb, rs_err *err);

#endif
