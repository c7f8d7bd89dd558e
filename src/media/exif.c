#include "media/exif.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/exif_tags.h"

enum {
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_ORIENTATION = 274,
    TYPE_SHORT = 3,
    TYPE_LONG = 4
};

struct tiff {
    const uint8_t *data;
    size_t size;
    bool little;
};

static unsigned get16(const struct tiff *t, size_t at)
{
    const unsigned a = t->data[at], b = t->data[at + 1];
    return t->little ? a | b << 8 : a << 8 | b;
}

static size_t get32(const struct tiff *t, size_t at)
{
    const size_t a = get16(t, at), b = get16(t, at + 2);
    return t->little ? a | b << 16 : a << 16 | b;
}

/* Offset of the 12 bytes of the entry of that tag in the directory at ifd; 0
 * without one. */
static size_t find_entry(const struct tiff *t, size_t ifd, unsigned tag)
{
    if (ifd < 8 || t->size < 2 || ifd > t->size - 2)
        return 0;
    const size_t n = get16(t, ifd);
    for (size_t i = 0; i < n && t->size - ifd - 2 >= 12 * (i + 1); i++) {
        const size_t at = ifd + 2 + 12 * i;
        if (get16(t, at) == tag)
            return at;
    }
    return 0;
}

/* Whatever stands in front of it in JPEG and WebP files is skipped. */
static bool open_tiff(const uint8_t *data, size_t size, struct tiff *t)
{
    const size_t skip = size >= 6 && memcmp(data, "Exif\0\0", 6) == 0 ? 6 : 0;
    *t = (struct tiff){ data + skip, size - skip, false };
    if (t->size < 8 || (memcmp(t->data, "II*\0", 4) != 0 && memcmp(t->data, "MM\0*", 4) != 0))
        return false;
    t->little = t->data[0] == 'I';
    return true;
}

/* A whole number in the directory at ifd; 0 without one. */
static uint32_t find_number(const struct tiff *t, size_t ifd, unsigned tag)
{
    const size_t entry = find_entry(t, ifd, tag);
    if (!entry)
        return 0;
    const unsigned type = get16(t, entry + 2);
    return type == TYPE_SHORT ? get16(t, entry + 8) : type == TYPE_LONG ? (uint32_t)get32(t, entry + 8) : 0;
}

bool rs_tiff_look(const uint8_t *data, size_t size, rs_tiff_facts *facts)
{
    struct tiff t;
    if (!open_tiff(data, size, &t))
        return false;
    const size_t ifd = get32(&t, 4);
    *facts = (rs_tiff_facts){ find_number(&t, ifd, TAG_WIDTH), find_number(&t, ifd, TAG_HEIGHT),
                              find_number(&t, ifd, TAG_ORIENTATION) };
    return true;
}

/* The bytes of a comment or note, or NULL. */
static const uint8_t *find_bytes(const struct tiff *t, unsigned tag, size_t *n)
{
    const size_t pointer = find_entry(t, get32(t, 4), RS_EXIF_DIRECTORY);
    const size_t entry = pointer ? find_entry(t, get32(t, pointer + 8), tag) : 0;
    if (!entry)
        return NULL;
    *n = get32(t, entry + 4); /* of bytes: the type is UNDEFINED, or ASCII by mistake */
    const size_t at = get32(t, entry + 8);
    if (*n <= RS_EXIF_PREFIX || at > t->size || *n > t->size - at)
        return NULL;
    return t->data + at;
}

/* In text that is mostly Latin the high bytes are zero: more of them at odd places
 * means the low byte comes first. What lies behind the text's end says nothing. */
static bool low_first(const uint8_t *p, size_t n)
{
    if (n >= 2 && p[0] == 0xff && p[1] == 0xfe)
        return true;
    size_t even = 0, odd = 0;
    for (size_t i = 0; i + 1 < n && (p[i] || p[i + 1]); i += 2) {
        even += p[i] == 0;
        odd += p[i + 1] == 0;
    }
    return odd > even;
}

/* dst has room for three bytes a unit of 16 bits, and the zero. */
static void from_utf16(char *dst, const uint8_t *p, size_t n)
{
    const struct tiff t = { p, n, low_first(p, n) };
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint32_t c = get16(&t, i);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < n && (get16(&t, i + 2) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c & 0x3ff) << 10) + (get16(&t, i + 2) & 0x3ff);
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = RS_UTF8_REPLACEMENT;
        }
        if (c == 0)
            break;
        if (c != 0xfeff)
            dst += rs_utf8_put(dst, c);
    }
    *dst = '\0';
}

static void from_utf8(char *dst, const uint8_t *bytes, size_t n)
{
    const char *p = (const char *)bytes, *const end = p + n;
    while (p < end && *p)
        dst += rs_utf8_put(dst, rs_utf8_next(&p, end));
    *dst = '\0';
}

/* Three bytes for each of n, and a zero. */
static rs_status make_room(rs_arena *arena, size_t n, char **room, rs_err *err)
{
    size_t bytes;
    *room = rs_mul_size(n, 3, &bytes) ? rs_arena_alloc(arena, bytes + 1) : NULL;
    return *room ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for what a picture says");
}

static rs_status read_comment(rs_arena *arena, const struct tiff *t, const char **text, rs_err *err)
{
    size_t n;
    char *out;
    const uint8_t *p = find_bytes(t, RS_EXIF_USER_COMMENT, &n);
    if (!p)
        return RS_OK;
    RS_TRY(make_room(arena, n, &out, err));
    const size_t skip = RS_EXIF_PREFIX;
    const bool coded = memcmp(p, "ASCII\0\0\0", skip) == 0 || memcmp(p, "\0\0\0\0\0\0\0\0", skip) == 0;
    if (memcmp(p, RS_EXIF_UNICODE, skip) == 0)
        from_utf16(out, p + skip, n - skip);
    else
        from_utf8(out, coded ? p + skip : p, coded ? n - skip : n);
    *text = out;
    return RS_OK;
}

static rs_status read_note(rs_arena *arena, const struct tiff *t, const char **text, rs_err *err)
{
    size_t n;
    char *out;
    const uint8_t *p = find_bytes(t, RS_EXIF_MAKER_NOTE, &n);
    if (!p || memcmp(p, RS_EXIF_MAKER, RS_EXIF_PREFIX) != 0)
        return RS_OK;
    RS_TRY(make_room(arena, n, &out, err));
    from_utf8(out, p + RS_EXIF_PREFIX, n - RS_EXIF_PREFIX);
    *text = out;
    return RS_OK;
}

rs_status rs_exif_text(rs_arena *arena, const uint8_t *data, size_t size, rs_picture_text *text, rs_err *err)
{
    struct tiff t;
    *text = (rs_picture_text){ 0 };
    if (!open_tiff(data, size, &t))
        return RS_OK;
    RS_TRY(read_comment(arena, &t, &text->parameters, err));
    return read_note(arena, &t, &text->pipeline, err);
}
