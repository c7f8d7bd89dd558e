#include "media/png_chunk.h"

#include <string.h>

enum { SIGNATURE = 8, AROUND = 12 }; /* length, name and checksum of a chunk */

const uint8_t *rs_png_chunk(const uint8_t *data, size_t size, const char *tag, size_t least)
{
    for (size_t pos = SIGNATURE; pos < size && size - pos >= AROUND;) {
        const uint8_t *c = data + pos;
        const size_t n = (size_t)c[0] << 24 | (size_t)c[1] << 16 | (size_t)c[2] << 8 | c[3];
        if (n > size - pos - AROUND)
            return NULL;
        if (memcmp(c + 4, tag, 4) == 0)
            return n >= least ? c + 8 : NULL;
        if (memcmp(c + 4, "IDAT", 4) == 0)
            return NULL;
        pos += n + AROUND;
    }
    return NULL;
}
