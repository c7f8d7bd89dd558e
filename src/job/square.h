/* Frames whose pixels are not square, as they are seen: stretched to square ones. */
#ifndef RS_JOB_SQUARE_H
#define RS_JOB_SQUARE_H

#include "restyle/image.h"
#include "restyle/size.h"
#include "restyle/timeline.h"

/* The size with square pixels: never less of either side; the same where the aspect is 1, or
 * unknown (0/1), or absurd. */
rs_size rs_square_size(rs_size size, rs_rational sample_aspect);

/* *to is zeroed, or what this gave before. */
rs_status rs_square_image(rs_image *to, const rs_image *from, rs_size size, rs_err *err);

#endif
