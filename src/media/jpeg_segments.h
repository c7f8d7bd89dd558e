/* The segments of a JPEG file, up to its first scan. */
#ifndef RS_MEDIA_JPEG_SEGMENTS_H
#define RS_MEDIA_JPEG_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rs_jpeg_segment {
    uint8_t marker;      /* 0xe1: APP1 */
    const uint8_t *data; /* behind the length */
    size_t size;
} rs_jpeg_segment;

/* The segment at *pos, which is 2 at first and then behind it. False at a scan, the end,
 * or where the file makes no sense. */
bool rs_jpeg_segment_next(const uint8_t *jpeg, size_t size, size_t *pos, rs_jpeg_segment *segment);

/* The "Exif\0\0" block; *n is 0 without one. */
const uint8_t *rs_jpeg_exif(const uint8_t *jpeg, size_t size, size_t *n);

#endif
