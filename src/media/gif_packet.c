#include "media/gif_packet.h"

#include <string.h>

#include "media/gif_blocks.h"

/* GIF89a, 17 to 23: the first packet begins with the file's header and palette; then come extensions,
 * of which the graphic control one says what becomes of the picture. */
void rs_gif_packet_clear(uint8_t *p, size_t size)
{
    size_t pos = 0;
    if (size > 13 && memcmp(p, "GIF8", 4) == 0)
        pos = rs_gif_first(p);
    while (pos < size && size - pos >= 8 && p[pos] == 0x21) {
        if (p[pos + 1] == 0xf9) {
            p[pos + 3] = (uint8_t)((p[pos + 3] & ~0x1c) | 2 << 2);
            return;
        }
        pos = rs_gif_next(p, size, pos);
    }
}
