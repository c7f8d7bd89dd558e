/* Directories of TIFF 6.0: a count, entries of 12 bytes in the order of their tags, and where the
 * next one is. What takes more than four bytes stands elsewhere, on a word boundary. */
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/exif.h"
#include "media/exif_tags.h"

enum { TYPE_LONG = 4, TYPE_UNDEFINED = 7, HEADER = 8, ENTRY = 12 };

static void put(uint8_t *p, size_t v, int n, bool little)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * (little ? i : n - 1 - i));
}

static void put_entry(uint8_t *p, unsigned tag, unsigned type, size_t count, size_t value, bool little)
{
    put(p, tag, 2, little);
    put(p + 2, type, 2, little);
    put(p + 4, count, 4, little);
    put(p + 8, value, 4, little);
}

static size_t directory_size(size_t n)
{
    return 2 + ENTRY * n + 4;
}

static size_t even(size_t n)
{
    return n + n % 2;
}

/* High byte first, whatever the file's order: piexif, and so A1111, read no other. dst has room for
 * two bytes a byte of text. */
static size_t put_utf16(uint8_t *dst, const char *text)
{
    const char *p = text, *const end = text + strlen(text);
    size_t n = 0;
    while (p < end) {
        const uint32_t c = rs_utf8_next(&p, end), high = c - 0x10000;
        if (c < 0x10000) {
            put(dst + n, c, 2, false);
            n += 2;
        } else {
            put(dst + n, 0xd800 + (high >> 10), 2, false);
            put(dst + n + 2, 0xdc00 + (high & 0x3ff), 2, false);
            n += 4;
        }
    }
    return n;
}

/* Room for put_texts; false: no file can hold it. */
static bool texts_room(const rs_picture_text *t, size_t *room)
{
    const size_t a = t->parameters ? strlen(t->parameters) : 0, b = t->pipeline ? strlen(t->pipeline) : 0;
    if (a > UINT32_MAX / 8 || b > UINT32_MAX / 8)
        return false;
    *room = directory_size(2) + RS_EXIF_PREFIX + 2 * a + even(RS_EXIF_PREFIX + b);
    return true;
}

/* The Exif directory at p, which is byte `at` of its structure, and behind it what it points at;
 * returns the size of all. */
static size_t put_texts(uint8_t *p, size_t at, const rs_picture_text *t, bool little)
{
    const unsigned n = (t->pipeline != NULL) + (t->parameters != NULL);
    uint8_t *entry = p + 2;
    size_t end = directory_size(n);
    put(p, n, 2, little);
    if (t->pipeline) {
        const size_t len = strlen(t->pipeline), size = RS_EXIF_PREFIX + len;
        memcpy(p + end, RS_EXIF_MAKER, RS_EXIF_PREFIX);
        memcpy(p + end + RS_EXIF_PREFIX, t->pipeline, len);
        p[end + size] = 0; /* of the word, or behind all */
        put_entry(entry, RS_EXIF_MAKER_NOTE, TYPE_UNDEFINED, size, at + end, little);
        entry += ENTRY;
        end += even(size);
    }
    if (t->parameters) {
        memcpy(p + end, RS_EXIF_UNICODE, RS_EXIF_PREFIX);
        const size_t size = RS_EXIF_PREFIX + put_utf16(p + end + RS_EXIF_PREFIX, t->parameters);
        put_entry(entry, RS_EXIF_USER_COMMENT, TYPE_UNDEFINED, size, at + end, little);
        entry += ENTRY;
        end += size;
    }
    put(entry, 0, 4, little); /* no further directory */
    return end;
}

rs_status rs_exif_make(const rs_picture_text *text, uint8_t **data, size_t *size, rs_err *err)
{
    const size_t at = HEADER + directory_size(1);
    size_t room;
    uint8_t *p = texts_room(text, &room) ? rs_alloc(at + room + 1) : NULL;
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for what a picture says");
    memcpy(p, "MM\0*\0\0\0\x08", HEADER);
    put(p + HEADER, 1, 2, false);
    put_entry(p + HEADER + 2, RS_EXIF_DIRECTORY, TYPE_LONG, 1, at, false);
    put(p + HEADER + 2 + ENTRY, 0, 4, false);
    *size = at + put_texts(p + at, at, text, false);
    *data = p;
    return RS_OK;
}

static size_t get_le(const uint8_t *p, int n)
{
    size_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (size_t)p[i] << 8 * i;
    return v;
}

/* The directory goes, and comes back with one more entry: tags ascend. */
rs_status rs_tiff_add_text(const uint8_t *tiff, size_t size, const rs_picture_text *text, uint8_t **out,
                           size_t *out_size, rs_err *err)
{
    const size_t ifd = size > HEADER && memcmp(tiff, "II*\0", 4) == 0 ? get_le(tiff + 4, 4) : 0;
    const size_t n = ifd >= HEADER && ifd <= size - 2 ? get_le(tiff + ifd, 2) : 0;
    size_t room, total, before = 0;
    if (n == 0 || ifd + directory_size(n) != size)
        return RS_FAIL(err, RS_E_INTERNAL, "the encoder made an unexpected TIFF");
    const size_t at = even(ifd), texts_at = at + directory_size(n + 1);
    uint8_t *p = texts_room(text, &room) && rs_add_size(texts_at, room + 1, &total) && total < UINT32_MAX
                     ? rs_alloc(total) : NULL;
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write a TIFF");
    memcpy(p, tiff, ifd);
    p[ifd] = 0;
    put(p + 4, at, 4, true);
    put(p + at, n + 1, 2, true);
    while (before < n && get_le(tiff + ifd + 2 + ENTRY * before, 2) < RS_EXIF_DIRECTORY)
        before++;
    uint8_t *entry = p + at + 2;
    memcpy(entry, tiff + ifd + 2, ENTRY * before);
    put_entry(entry + ENTRY * before, RS_EXIF_DIRECTORY, TYPE_LONG, 1, texts_at, true);
    memcpy(entry + ENTRY * (before + 1), tiff + ifd + 2 + ENTRY * before, ENTRY * (n - before));
    put(entry + ENTRY * (n + 1), 0, 4, true);
    *out_size = texts_at + put_texts(p + texts_at, texts_at, text, true);
    *out = p;
    return RS_OK;
}
