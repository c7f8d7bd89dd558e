/* What FFmpeg's GIF encoder leaves to be said in its packets. */
#ifndef RS_MEDIA_GIF_PACKET_H
#define RS_MEDIA_GIF_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* The picture of this packet is cleared away before the next. The encoder asks for that only behind
 * pictures with holes: one without would show through those of the next, which may be the clip's first. */
void rs_gif_packet_clear(uint8_t *packet, size_t size);

#endif
