/* The checksums that FFV1 puts behind each slice (RFC 9043, 4.9). FFmpeg's decoder looks at them, shows
 * the slice of the picture before where one is wrong, and tells nobody. */
#ifndef RS_MEDIA_FFV1_SUMS_H
#define RS_MEDIA_FFV1_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed before a stream's first packet. */
typedef struct rs_ffv1_sums {
    bool there;  /* the stream has them: a packet was whole by them */
    bool broken; /* since the latest key frame, on which the others' coding rests */
} rs_ffv1_sums;

/* Takes note of the next packet. False: its picture is damaged. */
bool rs_ffv1_sums_check(rs_ffv1_sums *sums, const uint8_t *data, size_t size, bool key);

#endif
