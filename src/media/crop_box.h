/* The part of a picture that "only masked" inpainting works on: A1111's
 * modules/masking.py (get_crop_region_v2, expand_crop_region). */
#ifndef RS_MEDIA_CROP_BOX_H
#define RS_MEDIA_CROP_BOX_H

#include <stdbool.h>

#include "restyle/image.h"
#include "restyle/size.h"

/* Pixels x1 <= x < x2, y1 <= y < y2. */
typedef struct rs_box {
    int x1, y1, x2, y2;
} rs_box;

/* The least box around everything above 0; false when there is nothing. */
bool rs_mask_box(const rs_mask *mask, rs_box *box);
/* pad more on every side, within a picture of `size`. */
rs_box rs_box_pad(rs_box box, int pad, rs_size size);
/* Wider or higher to have the shape of `to`, as far as `size` has room. */
rs_box rs_box_expand(rs_box box, rs_size to, rs_size size);
/* Between the frame before (share `keep`) and this one, but never less than `least`. */
rs_box rs_box_smooth(rs_box previous, rs_box box, float keep, rs_box least);

/* The pixels of a box within `from` become *to, which is zeroed or holds a picture or mask. */
rs_status rs_image_cut(rs_image *to, const rs_image *from, rs_box box, rs_err *err);
rs_status rs_mask_cut(rs_mask *to, const rs_mask *from, rs_box box, rs_err *err);

#endif
