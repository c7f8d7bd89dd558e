/* Normalisation layers. */
#ifndef RS_TENSOR_OP_NORM_H
#define RS_TENSOR_OP_NORM_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

/* Group norm over [n, h, w, c] with `groups` groups of consecutive channels:
 * mean and (biased) variance over the pixels and channels of each group, then
 * gamma, beta per channel, then silu when asked. In place allowed. c is a
 * multiple of groups. Fails only when out of scratch. */
rs_status rs_op_group_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, int groups,
                           float eps, const float *gamma, const float *beta, bool silu, rs_err *err);

/* Layer norm over the channels of each row; in place allowed. */
void rs_op_layer_norm(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, float eps,
                      const float *gamma, const float *beta);

#endif
