/* Sources: GIF89a, and Netscape's application extension "NETSCAPE2.0", whose number is of repetitions
 * behind the first time (0: for ever) and without which a GIF is shown once; PNG 3, 11.3.6.1 (acTL),
 * whose number is of all times. */
#include "media/loop_count.h"

#include <string.h>

#include "media/gif_blocks.h"
#include "media/png_chunk.h"

static int of_gif(const uint8_t *d, size_t size)
{
    size_t pos = rs_gif_first(d);
    while (pos < size && size - pos >= 3 && d[pos] == 0x21) {
        const uint8_t *e = d + pos + 2;
        if (d[pos + 1] == 0xff && size - pos >= 19 && memcmp(e, "\x0bNETSCAPE2.0\x03\x01", 14) == 0)
            return e[14] | e[15] << 8 ? (e[14] | e[15] << 8) + 1 : 0;
        pos = rs_gif_next(d, size, pos);
    }
    return 1;
}

static int of_png(const uint8_t *d, size_t size)
{
    const uint8_t *actl = rs_png_chunk(d, size, "acTL", 8);
    if (!actl || actl[4] & 0x80) /* PNG's numbers have 31 bits */
        return 0;
    return actl[4] << 24 | actl[5] << 16 | actl[6] << 8 | actl[7];
}

int rs_loop_count(const uint8_t *data, size_t size)
{
    if (size < 20)
        return 0;
    if (memcmp(data, "GIF8", 4) == 0)
        return of_gif(data, size);
    if (memcmp(data, "\x89PNG", 4) == 0)
        return of_png(data, size);
    return 0;
}
