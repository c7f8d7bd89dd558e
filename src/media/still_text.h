/* How a picture was made, within its file: text chunks of a PNG, the EXIF of a JPEG, a WebP or a
 * TIFF. */
#ifndef RS_MEDIA_STILL_TEXT_H
#define RS_MEDIA_STILL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/picture_text.h"

/* *text is the arena's. RS_E_FORMAT: the file is no PNG, JPEG, WebP or TIFF; RS_E_CORRUPT: a PNG
 * that cannot be read. */
rs_status rs_still_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                        rs_picture_text *text, rs_err *err);

/* A JPEG or WebP file as encoders make it, with text put in. *out is released with rs_free. A JPEG
 * holds 65535 bytes of it: a pipeline that is too much is left out; RS_E_RANGE: the parameters
 * alone are. */
rs_status rs_jpeg_add_text(const uint8_t *jpeg, size_t size, const rs_picture_text *text, uint8_t **out,
                           size_t *out_size, rs_err *err);
rs_status rs_webp_add_text(const uint8_t *webp, size_t size, int width, int height,
                           const rs_picture_text *text, uint8_t **out, size_t *out_size, rs_err *err);

#endif
