/* A way through the blocks of a GIF (GIF89a, 15 to 17). */
#ifndef RS_MEDIA_GIF_BLOCKS_H
#define RS_MEDIA_GIF_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* Where the first block begins, behind the header and its palette. data: at least 13 bytes. */
size_t rs_gif_first(const uint8_t *data);
/* Behind the extension at pos, which is not looked at beyond size: the result may be more. */
size_t rs_gif_next(const uint8_t *data, size_t size, size_t pos);

#endif
