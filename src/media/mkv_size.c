#include "media/mkv_size.h"

/* EBML's variable-length integer (RFC 8794, section 4): the count of leading zero
 * bits gives the length. Element names keep the marker bit, sizes lose it. */
static bool read_vint(const uint8_t *data, size_t size, size_t *pos, bool keep_marker,
                      uint64_t *value)
{
    if (*pos >= size || data[*pos] == 0)
        return false;
    size_t n = 1;
    while (!(data[*pos] & (0x80u >> (n - 1))))
        n++;
    if (n > size - *pos)
        return false;
    uint64_t v = keep_marker ? data[*pos] : data[*pos] & (0xffu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 8 | data[*pos + i];
    /* A size of all ones: unknown. */
    if (!keep_marker && v == (UINT64_C(1) << (7 * n)) - 1)
        return false;
    *pos += n;
    *value = v;
    return true;
}

bool rs_mkv_is_truncated(const uint8_t *data, size_t size)
{
    size_t pos = 0;
    uint64_t id, length;
    while (read_vint(data, size, &pos, true, &id) && read_vint(data, size, &pos, false, &length)) {
        if (id == 0x18538067) /* Segment, which holds the whole film */
            return length > size - pos;
        if (length > size - pos)
            return false;
        pos += (size_t)length;
    }
    return false;
}
