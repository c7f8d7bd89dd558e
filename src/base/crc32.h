/* The checksum of PNG and zip: CRC-32 of ISO 3309 (RFC 1952, section 8). */
#ifndef RS_BASE_CRC32_H
#define RS_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Of n more bytes behind those that gave `crc`; 0 to begin with. */
uint32_t rs_crc32(uint32_t crc, const void *data, size_t n);

#endif
