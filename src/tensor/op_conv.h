/* Convolutions over channels-last tensors. */
#ifndef RS_TENSOR_OP_CONV_H
#define RS_TENSOR_OP_CONV_H

#include "tensor/bits.h"
#include "tensor/exec.h"
#include "tensor/op_norm.h"
#include "tensor/packed.h"
#include "tensor/packed_i8.h"
#include "tensor/tensor.h"
#include "tensor/wino_weights.h"

/* Weights in the layout the convolution wants, made once at load. */
typedef struct rs_conv_weights {
    int c_in, c_out, kernel;
    bool wino, bytes; /* which of the three is used: taps, i8, or w */
    rs_packed w; /* [kernel, kernel, c_in] x [c_out] */
    rs_packed_i8 i8; /* the same */
    rs_wino_weights taps;
} rs_conv_weights;

/* oihw: torch's [c_out, c_in, kernel * kernel]; kernel is odd. Packed into memory
 * of arena. unit_stride: the layer has stride 1 and the usual padding of
 * kernel/2, so Winograd may be used. least: the bits that are good enough, see
 * tensor/bits.h. */
rs_status rs_conv_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw, int kernel,
                       bool unit_stride, rs_bits least, rs_conv_weights *out, rs_err *err);

/* Bytes the packed weights take. */
size_t rs_conv_bytes(const rs_conv_weights *w);

/* pad: rows and columns of zeros above and left; those below and right follow
 * from the sizes of dst. */
typedef struct rs_conv_args {
    int stride, pad;
    const rs_channel_scale *norm; /* applied to src on its way in when not NULL */
    bool enlarge; /* src is brought to dst's size first, as rs_op_upsample_nearest;
                   * for stride 1 and without norm */
    const float *bias;    /* [c_out] or NULL */
    const rs_tensor *res; /* added to the result when not NULL; may equal dst */
} rs_conv_args;

/* dst: [n, oh, ow, c_out], must not overlap src. Fails only when out of scratch. */
rs_status rs_op_conv(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_conv_weights *w, const rs_conv_args *args, rs_err *err);

#endif
