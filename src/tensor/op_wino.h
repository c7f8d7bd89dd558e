/* 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3). */
#ifndef RS_TENSOR_OP_WINO_H
#define RS_TENSOR_OP_WINO_H

#include "tensor/op_conv.h"

/* 36 planes [c_in, c_out] from torch's [c_out, c_in, 3 * 3]. */
rs_status rs_wino_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw, rs_packed *out,
                       rs_err *err);

rs_status rs_op_wino(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_conv_weights *w, const rs_conv_args *args, rs_err *err);

#endif
