/* 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3). */
#ifndef RS_TENSOR_OP_WINO_H
#define RS_TENSOR_OP_WINO_H

#include "tensor/op_conv.h"

rs_status rs_op_wino(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_wino_weights *w, const rs_conv_args *args, rs_err *err);

#endif
