/* One picture as the bytes of a PNG, JPEG or WebP file. */
#ifndef RS_MEDIA_STILL_ENCODE_H
#define RS_MEDIA_STILL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "restyle/image.h"

typedef enum rs_still_format {
    RS_STILL_AS_PNG,
    RS_STILL_AS_JPEG,
    RS_STILL_AS_WEBP
} rs_still_format;

/* By a name's extension: .jpg, .jpeg, .webp; anything else is a PNG. */
rs_still_format rs_still_format_of(const char *name);

typedef struct rs_still_options {
    int quality;      /* 1 to 100, of JPEG and WebP: libjpeg's and libwebp's scale */
    bool lossless;    /* WebP only */
    const char *text; /* the picture's parameters in UTF-8, or NULL */
} rs_still_options;

/* 8 bits a channel, JPEG with halved chroma. *data is released with rs_free. */
rs_status rs_still_encode(rs_still_format format, const rs_image *image, const rs_still_options *o,
                          uint8_t **data, size_t *size, rs_err *err);

#endif
