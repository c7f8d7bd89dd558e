#include "media/ffv1_sums.h"

#include <libavutil/crc.h>

/* A slice ends with its size without these (3 bytes), a status (1) and the sum (4), over which and all
 * before the sum of the slice is 0. */
enum { TRAILER = 8 };

/* From the last slice to the first. */
static bool is_whole(const uint8_t *data, size_t size)
{
    const AVCRC *table = av_crc_get_table(AV_CRC_32_IEEE);
    size_t end = size;
    while (end >= TRAILER) {
        const uint8_t *t = data + end - TRAILER;
        const size_t n = ((size_t)t[0] << 16 | (size_t)t[1] << 8 | t[2]) + TRAILER;
        if (n > end || av_crc(table, 0, data + end - n, n) != 0)
            return false;
        end -= n;
    }
    return end == 0 && size > 0;
}

bool rs_ffv1_sums_check(rs_ffv1_sums *sums, const uint8_t *data, size_t size, bool key)
{
    const bool whole = is_whole(data, size);
    sums->there = sums->there || whole;
    sums->broken = sums->there && (!whole || (sums->broken && !key));
    return !sums->broken;
}
