/* The parameters of a picture within its file: a `parameters` chunk of a PNG, the
 * EXIF comment of a JPEG or a WebP. */
#ifndef RS_MEDIA_STILL_TEXT_H
#define RS_MEDIA_STILL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* *text: UTF-8 of the arena, or NULL when the file carries none. RS_E_FORMAT: the
 * file is no PNG, JPEG or WebP; RS_E_CORRUPT: a PNG that cannot be read. */
rs_status rs_still_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                        const char **text, rs_err *err);

/* A JPEG or WebP file as encoders make it, with text put in. *out is released
 * with rs_free. RS_E_RANGE: a JPEG cannot hold that much. */
rs_status rs_jpeg_add_text(const uint8_t *jpeg, size_t size, const char *text, uint8_t **out,
                           size_t *out_size, rs_err *err);
rs_status rs_webp_add_text(const uint8_t *webp, size_t size, int width, int height, const char *text,
                           uint8_t **out, size_t *out_size, rs_err *err);

#endif
