/* Convolutions in 8 bits. */
#ifndef RS_TENSOR_OP_CONV_I8_H
#define RS_TENSOR_OP_CONV_I8_H

#include "tensor/op_conv.h"

/* As rs_op_conv, for weights w->i8. */
rs_status rs_op_conv_i8(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                        const rs_conv_weights *w, const rs_conv_args *args, rs_err *err);

#endif
