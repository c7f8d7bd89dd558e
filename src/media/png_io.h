/* PNG in memory, through libpng. */
#ifndef RS_MEDIA_PNG_IO_H
#define RS_MEDIA_PNG_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/picture_text.h"
#include "restyle/image.h"

/* True when an animation chunk stands before the picture data (APNG). */
bool rs_png_is_animated(const uint8_t *data, size_t size);

/* Any colour type and depth; transparent pixels are laid over white. name is for
 * messages. */
rs_status rs_png_decode(const uint8_t *data, size_t size, const char *name, rs_image *image,
                        rs_err *err);
/* The same without laying anything over white: image->rgb is what the file has, also where
 * image->alpha hides it. Gives back what rs_png_encode was given, rounded to its bits. */
rs_status rs_png_decode_as_is(const uint8_t *data, size_t size, const char *name, rs_image *image,
                              rs_err *err);

typedef struct rs_png_options {
    rs_picture_text text; /* chunks `parameters` and `restyle`: tEXt when ASCII and iTXt otherwise, as
                             Pillow and A1111 do */
    int bits;             /* of a sample: 8 or 16 */
    bool alpha;           /* image->alpha, where there is one, as it is */
    bool off_white;       /* rgb lies over white, and is taken off; else it stays as it is */
    bool fast;            /* larger, but sooner done */
} rs_png_options;

/* RGB or RGBA; *data is released with rs_free. */
rs_status rs_png_encode(const rs_image *image, const rs_png_options *options, uint8_t **data,
                        size_t *size, rs_err *err);

/* The texts of those chunks (tEXt, zTXt or iTXt). Both stand in front of the picture, of which
 * nothing is read then, or behind it. */
rs_status rs_png_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                      rs_picture_text *text, rs_err *err);

#endif
