#include "media/gif_blocks.h"

enum { HEADER = 13, FLAGS = 10 };

size_t rs_gif_first(const uint8_t *data)
{
    return HEADER + (data[FLAGS] & 0x80 ? (size_t)3 << ((data[FLAGS] & 7) + 1) : 0);
}

/* Its mark, its label, and pieces each with its length in front, up to an empty one. */
size_t rs_gif_next(const uint8_t *data, size_t size, size_t pos)
{
    for (pos += 2; pos < size && data[pos];)
        pos += 1u + data[pos];
    return pos + 1;
}
