/* Masks as A1111 treats them: 8 bits throughout, so that each step is comparable
 * with Pillow's and OpenCV's. Sources: modules/processing.py (create_binary_mask,
 * StableDiffusionProcessingImg2Img.init) and modules/masking.py of A1111. Inverting
 * and blurring are in restyle/inpaint.h. */
#ifndef RS_MEDIA_MASK_H
#define RS_MEDIA_MASK_H

#include <stdbool.h>

#include "base/err.h"
#include "media/taps.h"
#include "restyle/image.h"

/* All of these fill *mask, which is zeroed or holds a mask: its memory is used
 * again when the size is the same. */

/* A picture taken as a mask: its alpha where it has any (with round: 255 above
 * 128, else 0), or its brightness, by Pillow's "L". */
rs_status rs_mask_from_image(rs_mask *mask, const rs_image *image, bool round, rs_err *err);
/* 255 where no channel is further than tolerance from color, in steps of 8 bits. */
rs_status rs_mask_from_color(rs_mask *mask, const rs_image *image, const uint8_t color[3], int tolerance,
                             rs_err *err);
/* Resized to width x height. Pillow's result. */
rs_status rs_mask_resize(rs_mask *mask, const rs_mask *src, int width, int height, rs_resize mode,
                         rs_filter filter, rs_err *err);

#endif
