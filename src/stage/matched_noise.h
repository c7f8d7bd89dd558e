/* Noise that looks like a picture's continuation: where outpainting starts from. */
#ifndef RS_STAGE_MATCHED_NOISE_H
#define RS_STAGE_MATCHED_NOISE_H

#include "base/err.h"
#include "restyle/image.h"

/* Replaces what the mask covers (255; 0 elsewhere; of the picture's size, both sides even,
 * something of each) by noise in steps of 8 bits; it is the same noise each time. falloff:
 * exponent of the picture's spectrum, lower for more detail. color_variation: 0 for grey
 * noise, before its colours become the picture's. The picture counts in 8 bits.
 *
 * get_matched_noise of A1111's scripts/outpainting_mk_2.py, which is parlance-zz's
 * (g-diffuser-bot). */
rs_status rs_matched_noise(rs_image *picture, const rs_mask *mask, float falloff, float color_variation,
                           rs_err *err);

#endif
