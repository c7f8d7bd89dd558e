/* Masked content "fill": A1111's masking.fill. */
#ifndef RS_MEDIA_MASK_FILL_H
#define RS_MEDIA_MASK_FILL_H

#include "base/err.h"
#include "restyle/image.h"

/* Replaces what the mask, of the picture's size, covers by blurred surroundings, in
 * steps of 8 bits; pixels where it is 0 stay as they are. */
rs_status rs_mask_fill(rs_image *image, const rs_mask *mask, rs_err *err);

#endif
