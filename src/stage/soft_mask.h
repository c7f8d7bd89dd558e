/* The mask that soft inpainting lays the original back with: how much each part
 * changed (A1111's extensions-builtin/soft-inpainting, apply_adaptive_masks). */
#ifndef RS_STAGE_SOFT_MASK_H
#define RS_STAGE_SOFT_MASK_H

#include "restyle/inpaint.h"

/* share, change: [h, w] of the latent, see masked_run.h. mask: filled, of width x
 * height, 255 where nothing of the original is left. */
rs_status rs_soft_mask(const rs_soft_inpaint *soft, const float *share, const float *change, int h, int w,
                       int width, int height, rs_mask *mask, rs_err *err);

/* A weighted mean of the values around each pixel that lie, in order of size, between
 * two shares of the weight: low = high: a median; 0.9 to 1: nearly the greatest. in,
 * out: [h, w], apart. */
void rs_rank_filter(float *out, const float *in, int h, int w, double low, double high);

#endif
