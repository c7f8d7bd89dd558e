/* Only for telling that pictures differ before hours are spent on them: decoding
 * decides. Sources: PNG 11.2.2, T.81 B.2.2, TIFF 6.0, RFC 9649, BITMAPINFOHEADER. */
#include "media/still_size.h"

#include <string.h>

#include "media/exif.h"
#include "media/jpeg_segments.h"

static uint32_t be(const uint8_t *p, int n)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t le(const uint8_t *p, int n)
{
    uint32_t v = 0;
    for (int i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static bool set(rs_size *out, uint32_t width, uint32_t height)
{
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
        return false;
    *out = (rs_size){ (int)width, (int)height };
    return true;
}

/* SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
static bool is_frame_header(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool jpeg_size(const uint8_t *d, size_t size, rs_size *out)
{
    size_t pos = 2, n;
    rs_jpeg_segment s;
    rs_tiff_facts facts;
    const uint8_t *exif = rs_jpeg_exif(d, size, &n);
    const bool turned = exif && rs_tiff_look(exif, n, &facts) && facts.orientation >= 5;
    while (rs_jpeg_segment_next(d, size, &pos, &s)) {
        if (!is_frame_header(s.marker) || s.size < 5)
            continue;
        const uint32_t h = be(s.data + 1, 2), w = be(s.data + 3, 2);
        return turned ? set(out, h, w) : set(out, w, h);
    }
    return false;
}

static bool webp_size(const uint8_t *d, rs_size *out)
{
    if (memcmp(d + 12, "VP8X", 4) == 0)
        return set(out, le(d + 24, 3) + 1, le(d + 27, 3) + 1);
    if (memcmp(d + 12, "VP8L", 4) == 0) {
        const uint32_t v = le(d + 21, 4);
        return set(out, (v & 0x3fff) + 1, (v >> 14 & 0x3fff) + 1);
    }
    return memcmp(d + 12, "VP8 ", 4) == 0 && set(out, le(d + 26, 2) & 0x3fff, le(d + 28, 2) & 0x3fff);
}

bool rs_still_size(const uint8_t *data, size_t size, rs_size *out)
{
    const uint8_t *d = data;
    rs_tiff_facts facts;
    if (size < 30)
        return false;
    if (memcmp(d, "\x89PNG\r\n\x1a\n", 8) == 0)
        return set(out, be(d + 16, 4), be(d + 20, 4));
    if (memcmp(d, "\xff\xd8\xff", 3) == 0)
        return jpeg_size(d, size, out);
    if (memcmp(d, "RIFF", 4) == 0 && memcmp(d + 8, "WEBP", 4) == 0)
        return webp_size(d, out);
    if (memcmp(d, "BM", 2) == 0) /* from the top down: a negative height */
        return set(out, le(d + 18, 4), d[25] & 0x80 ? 0u - le(d + 22, 4) : le(d + 22, 4));
    return rs_tiff_look(d, size, &facts) && set(out, facts.width, facts.height);
}
