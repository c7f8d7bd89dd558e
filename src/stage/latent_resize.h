/* A latent stretched to another size, A1111's "just resize (latent upscale)". */
#ifndef RS_STAGE_LATENT_RESIZE_H
#define RS_STAGE_LATENT_RESIZE_H

#include "tensor/tensor.h"

/* dst, src: [1, h, w, c] of the same c, apart in memory. torch's interpolate with
 * mode bilinear: pixel centres correspond, and nothing is smoothed when shrinking. */
void rs_latent_resize(const rs_tensor *dst, const rs_tensor *src);

#endif
