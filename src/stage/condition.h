/* What inpainting models read beside the latent: [mask, latent of the visible part],
 * 1 + c channels (A1111's inpainting_image_conditioning, modules/processing.py; the
 * same order as in diffusers' StableDiffusionInpaintPipeline). */
#ifndef RS_STAGE_CONDITION_H
#define RS_STAGE_CONDITION_H

#include "restyle/inpaint.h"
#include "tensor/tensor.h"

/* mask: of the picture's size, counted as 0 or 1 unless params is soft; NULL: 1
 * everywhere, and params is not looked at. */

/* picture, [1, h, w, 3] from -1 to 1: grey (0) where the mask is, as far as
 * params->mask_strength says. */
void rs_condition_hide(const rs_tensor *picture, const rs_mask *mask, const rs_inpaint_params *params);
/* The mask, by its nearest pixel, and visible, [1, h, w, c], into one tensor. */
void rs_condition_join(const rs_tensor *condition, const rs_tensor *visible, const rs_mask *mask,
                       const rs_inpaint_params *params);
/* x: [n, h, w, c] becomes [n, h, w, c + condition's], of the arena. */
rs_status rs_condition_append(rs_arena *arena, const rs_tensor *condition, rs_tensor *x, rs_err *err);

#endif
