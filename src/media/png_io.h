/* PNG in memory, through libpng. */
#ifndef RS_MEDIA_PNG_IO_H
#define RS_MEDIA_PNG_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "restyle/image.h"

/* True when an animation chunk stands before the picture data (APNG). */
bool rs_png_is_animated(const uint8_t *data, size_t size);

/* Any colour type and depth; transparent pixels are laid over white. name is for
 * messages. */
rs_status rs_png_decode(const uint8_t *data, size_t size, const char *name, rs_image *image,
                        rs_err *err);

/* 8-bit RGB; *data is released with rs_free. text: NULL or a `parameters` chunk,
 * tEXt when ASCII and iTXt otherwise, as Pillow and A1111 do. */
rs_status rs_png_encode(const rs_image *image, const char *text, uint8_t **data, size_t *size,
                        rs_err *err);

/* The text of a `parameters` chunk (tEXt, zTXt or iTXt) in UTF-8, or *text = NULL;
 * it may stand behind the picture. */
rs_status rs_png_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                      const char **text, rs_err *err);

#endif
