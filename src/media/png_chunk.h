/* The chunks of a PNG in front of its picture. */
#ifndef RS_MEDIA_PNG_CHUNK_H
#define RS_MEDIA_PNG_CHUNK_H

#include <stddef.h>
#include <stdint.h>

/* The data of the first chunk called tag, of at least `least` bytes, that stands before IDAT; NULL: there
 * is none. data: a PNG's bytes, whose checksums are not looked at. */
const uint8_t *rs_png_chunk(const uint8_t *data, size_t size, const char *tag, size_t least);

#endif
