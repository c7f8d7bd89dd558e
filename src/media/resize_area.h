/* stable-diffusion.cpp's way of meeting a size, RS_RESIZE_AREA: its
 * examples/common/media_io.cpp (load_image_common) cuts the middle out and hands it to
 * stb_image_resize with the box filter, clamped edges and sRGB in 8 bits. There that
 * filter is a trapezoid, which makes each weight the length that two pixels share:
 * the mean over what the output pixel covers, when shrinking and when enlarging. */
#ifndef RS_MEDIA_RESIZE_AREA_H
#define RS_MEDIA_RESIZE_AREA_H

#include "restyle/image.h"

/* dst has the wanted size. A picture of that size is copied as it is. */
rs_status rs_image_resize_area(rs_image *dst, const rs_image *src, rs_err *err);

#endif
