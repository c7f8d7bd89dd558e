/* One picture as the bytes of a PNG, JPEG, WebP or TIFF file. */
#ifndef RS_MEDIA_STILL_ENCODE_H
#define RS_MEDIA_STILL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/picture_text.h"
#include "restyle/image.h"

/* By a name's extension: .jpg, .jpeg, .webp, .tif, .tiff; anything else is a PNG. */
rs_picture_format rs_picture_format_of(const char *name);

typedef struct rs_still_options {
    int quality;      /* 1 to 100, of JPEG and WebP: libjpeg's and libwebp's scale */
    bool lossless;    /* WebP only */
    int bits;         /* of a sample of PNG and TIFF: 16; else 8 */
    rs_picture_text text;
} rs_still_options;

/* The name's extension of such a file, with its dot. */
const char *rs_picture_format_ext(rs_picture_format format);

/* Transparency as image has it, except in a JPEG, whose chroma is halved. *data is released
 * with rs_free. */
rs_status rs_still_encode(rs_picture_format format, const rs_image *image,
                          const rs_still_options *o, uint8_t **data, size_t *size, rs_err *err);

#endif
