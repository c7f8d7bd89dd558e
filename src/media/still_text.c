/* JPEG: segments of a marker and a length; EXIF is an APP1 behind the start.
 * WebP: RIFF chunks; EXIF needs the extended format, whose first chunk VP8X says
 * what follows (RFC 9649). */
#include "media/still_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "media/exif.h"
#include "media/jpeg_segments.h"
#include "media/png_io.h"

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, VP8X_SIZE = 10, VP8X_EXIF = 0x08 };

typedef struct bytes {
    const uint8_t *at;
    size_t n;
} bytes;

static size_t le32(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static void put_le(uint8_t *p, size_t v, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static bytes webp_exif(const uint8_t *d, size_t size)
{
    size_t pos = RIFF_HEADER;
    while (size - pos >= CHUNK_HEADER) {
        const size_t len = le32(d + pos + 4);
        if (len > size - pos - CHUNK_HEADER)
            break;
        if (memcmp(d + pos, "EXIF", 4) == 0)
            return (bytes){ d + pos + CHUNK_HEADER, len };
        pos += CHUNK_HEADER + len;
        pos += len % 2 && pos < size;
    }
    return (bytes){ 0 };
}

static bool is_webp(const uint8_t *d, size_t size)
{
    return size >= RIFF_HEADER && memcmp(d, "RIFF", 4) == 0 && memcmp(d + 8, "WEBP", 4) == 0;
}

static bool is_tiff(const uint8_t *d, size_t size)
{
    return size >= 4 && (memcmp(d, "II*\0", 4) == 0 || memcmp(d, "MM\0*", 4) == 0);
}

rs_status rs_still_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                        rs_picture_text *text, rs_err *err)
{
    static const uint8_t png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    *text = (rs_picture_text){ 0 };
    if (size >= sizeof(png) && memcmp(data, png, sizeof(png)) == 0)
        return rs_png_text(arena, data, size, name, text, err);
    bytes exif = { 0 };
    if (size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff)
        exif.at = rs_jpeg_exif(data, size, &exif.n);
    else if (is_webp(data, size))
        exif = webp_exif(data, size);
    else if (is_tiff(data, size))
        exif = (bytes){ data, size };
    else
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is no PNG, JPEG, WebP or TIFF picture: others carry no "
                       "parameters", name);
    return exif.at ? rs_exif_text(arena, exif.at, exif.n, text, err) : RS_OK;
}

rs_status rs_jpeg_add_text(const uint8_t *jpeg, size_t size, const rs_picture_text *text, uint8_t **out,
                           size_t *out_size, rs_err *err)
{
    enum { AROUND = 8 /* the length itself, and "Exif\0\0" */, MOST = 0xffff };
    uint8_t *exif = NULL, *p = NULL;
    size_t n = 0, total;
    RS_TRY(rs_exif_make(text, &exif, &n, err));
    if (n + AROUND > MOST && text->pipeline && text->parameters) {
        const rs_picture_text less = { .parameters = text->parameters };
        rs_free(exif);
        return rs_jpeg_add_text(jpeg, size, &less, out, out_size, err);
    }
    const size_t len = n + AROUND;
    rs_status s = RS_OK;
    if (len > MOST)
        s = RS_FAIL(err, RS_E_RANGE, "the parameters take %zu bytes and a JPEG holds 65535: write a PNG, or "
                    "leave them out with 'infotext.write: false'", len);
    else if (!rs_add_size(size, len + 2, &total) || !(p = rs_alloc(total)))
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to write a JPEG");
    if (s == RS_OK) {
        memcpy(p, jpeg, 2);
        memcpy(p + 2, (const uint8_t[]){ 0xff, 0xe1, (uint8_t)(len >> 8), (uint8_t)len }, 4);
        memcpy(p + 6, "Exif\0\0", 6);
        memcpy(p + 12, exif, n);
        memcpy(p + 12 + n, jpeg + 2, size - 2);
        *out = p;
        *out_size = total;
    }
    rs_free(exif);
    return s;
}

static uint8_t *put_chunk(uint8_t *p, const char *name, const uint8_t *data, size_t n)
{
    memcpy(p, name, 4);
    put_le(p + 4, n, 4);
    memcpy(p + CHUNK_HEADER, data, n);
    if (n % 2)
        p[CHUNK_HEADER + n] = 0;
    return p + CHUNK_HEADER + n + n % 2;
}

rs_status rs_webp_add_text(const uint8_t *webp, size_t size, int width, int height,
                           const rs_picture_text *text, uint8_t **out, size_t *out_size, rs_err *err)
{
    uint8_t *exif = NULL, *p = NULL, head[VP8X_SIZE] = { VP8X_EXIF };
    size_t n = 0;
    if (!is_webp(webp, size) || size % 2 || (size > RIFF_HEADER + 4 && webp[RIFF_HEADER + 3] == 'X'))
        return RS_FAIL(err, RS_E_INTERNAL, "the encoder made an unexpected WebP");
    RS_TRY(rs_exif_make(text, &exif, &n, err));
    put_le(head + 4, (size_t)width - 1, 3);
    put_le(head + 7, (size_t)height - 1, 3);
    const size_t total = size + CHUNK_HEADER + VP8X_SIZE + CHUNK_HEADER + n + n % 2;
    p = rs_alloc(total);
    if (p) {
        memcpy(p, webp, RIFF_HEADER);
        put_le(p + 4, total - 8, 4);
        uint8_t *q = put_chunk(p + RIFF_HEADER, "VP8X", head, VP8X_SIZE);
        memcpy(q, webp + RIFF_HEADER, size - RIFF_HEADER);
        put_chunk(q + size - RIFF_HEADER, "EXIF", exif, n);
        *out = p;
        *out_size = total;
    }
    rs_free(exif);
    return p ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory to write a WebP");
}
