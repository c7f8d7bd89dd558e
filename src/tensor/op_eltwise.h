/* Element-wise operations over whole tensors, spread over the threads. */
#ifndef RS_TENSOR_OP_ELTWISE_H
#define RS_TENSOR_OP_ELTWISE_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

/* dst = act(src); in place allowed; same shapes. */
void rs_op_silu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);
void rs_op_gelu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);
void rs_op_quick_gelu(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);

/* dst: [n, h, w, a.c + b.c], channels of a then of b. */
void rs_op_concat(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *a, const rs_tensor *b);

/* Nearest neighbour to dst's height and width: row y comes from floor(y * sh / dh),
 * as torch.nn.functional.interpolate(mode='nearest'). Same n and c. */
void rs_op_upsample_nearest(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);

#endif
