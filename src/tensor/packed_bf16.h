/* Matrix products with constant weights in bfloat16.
 *
 * Weights and rows are rounded to bfloat16, sums are floats (rs_kern.gemm_bf16). The
 * weights are an rs_packed of pairs, so all else is as in packed.h. */
#ifndef RS_TENSOR_PACKED_BF16_H
#define RS_TENSOR_PACKED_BF16_H

#include "tensor/packed.h"

/* As rs_packed_make, but rounds the weights. Takes scratch and rewinds it. */
rs_status rs_packed_bf16_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src,
                              rs_packed *out, rs_err *err);

/* rs_packed_matmul over rows of floats for weights of either kind: where they are pairs,
 * the rows are rounded first, in scratch. Fails only when out of that. */
rs_status rs_packed_run(const rs_exec *ex, const rs_packed *w, const rs_matmul *mm, rs_err *err);

#endif
