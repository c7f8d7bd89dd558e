/* Which files are single pictures by their content. */
#ifndef RS_MEDIA_STILL_H
#define RS_MEDIA_STILL_H

typedef enum rs_still_kind {
    RS_STILL_NONE, /* anything else, APNG included: FFmpeg finds out */
    RS_STILL_PNG,
    RS_STILL_JPEG
} rs_still_kind;

rs_still_kind rs_still_probe(const char *path);

#endif
