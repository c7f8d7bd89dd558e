/* Normalisation layers. */
#ifndef RS_TENSOR_OP_NORM_H
#define RS_TENSOR_OP_NORM_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

/* act(x*scale[n][j] + shift[n][j]) for channel j of picture n, act = silu or
 * nothing: what is left of a group norm once its sums are known. */
typedef struct rs_channel_scale {
    float *scale, *shift; /* [n, c] */
    bool silu;
} rs_channel_scale;

/* Group norm over [n, h, w, c] with `groups` groups of consecutive channels:
 * mean and (biased) variance over the pixels and channels of each group, then
 * gamma, beta per channel, then silu when asked. In place allowed. c is a
 * multiple of groups. Fails only when out of scratch. */
rs_status rs_op_group_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, int groups,
                           float eps, const float *gamma, const float *beta, bool silu, rs_err *err);

/* The sums alone, into out->scale and out->shift, for a convolution that applies
 * them to its source on the way in (op_conv.h). */
rs_status rs_op_group_scale(const rs_exec *ex, const rs_tensor *src, int groups, float eps,
                            const float *gamma, const float *beta, const rs_channel_scale *out,
                            rs_err *err);
/* The rest of it; in place allowed. */
void rs_op_channel_scale(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                         const rs_channel_scale *by);

/* Layer norm over the channels of each row; in place allowed. */
void rs_op_layer_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, float eps,
                      const float *gamma, const float *beta);

#endif
