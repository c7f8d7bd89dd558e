/* Segments are a marker and a length, both high byte first (ITU-T T.81, B.1.1.4). */
#include "media/jpeg_segments.h"

#include <string.h>

bool rs_jpeg_segment_next(const uint8_t *jpeg, size_t size, size_t *pos, rs_jpeg_segment *segment)
{
    const uint8_t *d = jpeg;
    size_t p = *pos;
    while (p + 4 <= size && d[p] == 0xff && d[p + 1] == 0xff) /* fill bytes */
        p++;
    if (p + 4 > size || d[p] != 0xff)
        return false;
    const size_t len = (size_t)d[p + 2] << 8 | d[p + 3];
    if (d[p + 1] == 0xda || d[p + 1] == 0xd9 || len < 2 || len > size - p - 2)
        return false;
    *segment = (rs_jpeg_segment){ d[p + 1], d + p + 4, len - 2 };
    *pos = p + 2 + len;
    return true;
}

const uint8_t *rs_jpeg_exif(const uint8_t *jpeg, size_t size, size_t *n)
{
    size_t pos = 2;
    rs_jpeg_segment s;
    while (rs_jpeg_segment_next(jpeg, size, &pos, &s)) {
        if (s.marker == 0xe1 && s.size >= 6 && memcmp(s.data, "Exif\0\0", 6) == 0) {
            *n = s.size;
            return s.data;
        }
    }
    *n = 0;
    return NULL;
}
