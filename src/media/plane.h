/* Floats with any number of channels: what pictures and masks have in
 * common when they are resized. */
#ifndef RS_MEDIA_PLANE_H
#define RS_MEDIA_PLANE_H

#include <stdbool.h>

#include "base/err.h"
#include "media/taps.h"
#include "restyle/image.h"

/* v: [height, width, channels], row by row without padding; owns nothing. */
typedef struct rs_plane {
    int width, height, channels;
    float *v;
} rs_plane;

typedef struct rs_plane_resize_how {
    rs_resize mode;   /* not RS_RESIZE_LATENT or RS_RESIZE_AREA */
    rs_filter filter;
    bool bytes;       /* values are 0..255, rounded after each of the two passes as Pillow does;
                         else 0..1 */
} rs_plane_resize_how;

/* dst has the wanted size, and src's channels. */
rs_status rs_plane_resize(const rs_plane *dst, const rs_plane *src, rs_plane_resize_how how, rs_err *err);

#endif
