/* What kind of picture a file is by its content. */
#ifndef RS_MEDIA_STILL_H
#define RS_MEDIA_STILL_H

#include <stddef.h>
#include <stdint.h>

typedef enum rs_still_kind {
    RS_STILL_NONE, /* anything else, APNG included: FFmpeg finds out */
    RS_STILL_PNG,
    RS_STILL_JPEG,
    RS_STILL_WEBP_ANIM /* no still, but not for FFmpeg either */
} rs_still_kind;

/* data: the whole file. */
rs_still_kind rs_still_probe(const uint8_t *data, size_t size);

#endif
