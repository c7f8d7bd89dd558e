/* Sources: GIF89a, and Netscape's application extension "NETSCAPE2.0", whose number is of repetitions
 * behind the first time (0: for ever) and without which a GIF is shown once; PNG 3, 11.3.6.1 (acTL);
 * RFC 9649, 2.7.1.1 (ANIM), whose numbers are of all times. */
#include "media/loop_count.h"

#include <stdbool.h>
#include <string.h>

static size_t be32(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static size_t le32(const uint8_t *p)
{
    return (size_t)p[3] << 24 | (size_t)p[2] << 16 | (size_t)p[1] << 8 | p[0];
}

/* Behind the blocks at pos, each with its length in front, up to an empty one. */
static size_t skip_blocks(const uint8_t *d, size_t size, size_t pos)
{
    while (pos < size && d[pos])
        pos += 1u + d[pos];
    return pos + 1;
}

static int of_gif(const uint8_t *d, size_t size)
{
    size_t pos = 13;
    if (d[10] & 0x80) /* a palette */
        pos += (size_t)3 << ((d[10] & 7) + 1);
    while (pos < size && size - pos >= 3 && d[pos] == 0x21) {
        const uint8_t *e = d + pos + 2;
        if (d[pos + 1] == 0xff && size - pos >= 19 && memcmp(e, "\x0bNETSCAPE2.0\x03\x01", 14) == 0)
            return e[14] | e[15] << 8 ? (e[14] | e[15] << 8) + 1 : 0;
        pos = skip_blocks(d, size, pos + 2);
    }
    return 1;
}

static int of_png(const uint8_t *d, size_t size)
{
    for (size_t pos = 8; pos < size && size - pos >= 12;) {
        const size_t n = be32(d + pos);
        if (n > size - pos - 12)
            return 0;
        if (memcmp(d + pos + 4, "acTL", 4) == 0 && n >= 8) {
            const size_t plays = be32(d + pos + 12);
            return plays < INT32_MAX ? (int)plays : 0;
        }
        pos += n + 12;
    }
    return 0;
}

static int of_webp(const uint8_t *d, size_t size)
{
    for (size_t pos = 12; pos < size && size - pos >= 8;) {
        const size_t n = le32(d + pos + 4);
        if (n > size - pos - 8)
            return 0;
        if (memcmp(d + pos, "ANIM", 4) == 0 && n >= 6)
            return d[pos + 12] | d[pos + 13] << 8;
        pos += 8 + n + (n & 1);
    }
    return 0;
}

int rs_loop_count(const uint8_t *data, size_t size)
{
    if (size < 20)
        return 0;
    if (memcmp(data, "GIF8", 4) == 0)
        return of_gif(data, size);
    if (memcmp(data, "\x89PNG", 4) == 0)
        return of_png(data, size);
    return memcmp(data, "RIFF", 4) == 0 ? of_webp(data, size) : 0;
}
