/* Pillow's ImageFilter.GaussianBlur of 8-bit pictures: three box blurs along the
 * rows, three along the columns, each rounded to 8 bits (BoxBlur.c of libImaging). */
#ifndef RS_MEDIA_BOX_BLUR_H
#define RS_MEDIA_BOX_BLUR_H

#include "base/err.h"

#include <stdint.h>

/* v: [height, width, channels] in place; radius 0: nothing. */
rs_status rs_gaussian_u8(uint8_t *v, int width, int height, int channels, float radius, rs_err *err);

#endif
