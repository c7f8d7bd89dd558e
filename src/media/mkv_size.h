/* Whether a Matroska or WebM file is shorter than it says. */
#ifndef RS_MEDIA_MKV_SIZE_H
#define RS_MEDIA_MKV_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* data: the whole file. FFmpeg takes the end of the file for the end of the
 * film, so the stated size of the Segment element is compared here (RFC 9559).
 * False for live recordings, which state none, and for anything else. */
bool rs_mkv_is_truncated(const uint8_t *data, size_t size);

#endif
