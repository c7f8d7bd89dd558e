/* Scaled dot-product attention without a full score matrix. */
#ifndef RS_TENSOR_OP_ATTENTION_H
#define RS_TENSOR_OP_ATTENTION_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

/* out = softmax(q k^T / sqrt(d)) v for each picture and head.
 * q, out: [n, h, w, heads*d], k, v: [n, kh, kw, heads*d]; tokens are pixels in
 * row order, head i owns channels [i*d, (i+1)*d). With causal, token t sees
 * tokens 0..t only (as many keys as queries). out must not overlap the others.
 * k and v hold as many pictures as q. bf16: both products in bfloat16, with the scaled
 * queries, keys, values and weights rounded to it; sums and softmax stay floats. */
rs_status rs_op_attention(const rs_exec *ex, const rs_tensor *out, const rs_tensor *q,
                          const rs_tensor *k, const rs_tensor *v, int heads, bool causal, bool bf16,
                          rs_err *err);

#endif
