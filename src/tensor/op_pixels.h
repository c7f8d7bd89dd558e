/* What networks that enlarge pictures need besides convolutions. */
#ifndef RS_TENSOR_OP_PIXELS_H
#define RS_TENSOR_OP_PIXELS_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

/* In place: values below 0 are multiplied by their channel's slope, slope: [c] (leaky ReLU,
 * and PReLU). */
void rs_op_leaky(const rs_exec *ex, const rs_tensor *x, const float *slope);

/* dst = scale a + b; same shapes; dst may equal either. */
void rs_op_scale_add(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *a, float scale,
                     const rs_tensor *b);

/* torch's pixel_shuffle: [n, h, w, c f f] -> [n, h f, w f, c]; channel c f f + y f + x of a
 * pixel becomes channel c of the pixel (y, x) in its f x f block. */
void rs_op_pixel_shuffle(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);
/* The inverse: [n, h f, w f, c] -> [n, h, w, c f f]. */
void rs_op_pixel_unshuffle(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src);

#endif
