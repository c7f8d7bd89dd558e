/* The alpha plane that some pictures have. */
#ifndef RS_MEDIA_ALPHA_H
#define RS_MEDIA_ALPHA_H

#include "base/err.h"
#include "restyle/image.h"

/* Uninitialised, of the picture's size. */
rs_status rs_alpha_alloc(rs_image *image, rs_err *err);
/* That of `from`, brought to the size of `to` as rs_image_resize brings its picture. */
rs_status rs_alpha_resize(rs_image *to, const rs_image *from, rs_resize mode, rs_err *err);
void rs_alpha_drop(rs_image *image);
/* Drops it when every pixel is opaque: then the picture has no transparency. */
void rs_alpha_settle(rs_image *image);

#endif
