/* Any bytes as a picture with texts: no crash, they are sound UTF-8 that can be put into a file and
 * read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/exif.h"
#include "media/still_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pixels of no interest here: a PNG that claims more is left out. */
static int is_large(const uint8_t *d, size_t n)
{
    return n > 24 && d[0] == 0x89 && (d[16] || d[17] || d[18] > 4 || d[20] || d[21] || d[22] > 4);
}

/* Its order of bytes cannot be guessed from where zeros are: as UTF-16 it has more of them
 * in low bytes than in high ones, as U+4E00 has. */
static int is_ambiguous(const char *text)
{
    const char *p = text, *const end = text + strlen(text);
    long high = 0, low = 0;
    while (p < end) {
        const uint32_t c = rs_utf8_next(&p, end), second = 0xdc00 + (c & 0x3ff);
        if (c < 0x10000) {
            high += c < 0x100;
            low += (c & 0xff) == 0;
        } else {
            low += ((0xd800 + ((c - 0x10000) >> 10)) & 0xff) == 0;
            low += (second & 0xff) == 0;
        }
    }
    return low > high;
}

typedef rs_status add_text(const uint8_t *file, size_t size, const rs_picture_text *text, uint8_t **out,
                           size_t *out_size, rs_err *err);

/* Puts the texts into a file, and reads them again. */
static void round_trip(rs_arena *arena, const uint8_t *file, size_t size, const rs_picture_text *text,
                       add_text *add)
{
    rs_err err = { 0 };
    rs_picture_text again;
    uint8_t *out = NULL;
    size_t n;
    if (add(file, size, text, &out, &n, &err) != RS_OK ||
        rs_still_text(arena, out, n, "f", &again, &err) != RS_OK)
        abort();
    const char *was = text->parameters, *is = again.parameters;
    if (was && was[0] && !is)
        abort();
    /* a mark at the start is no text, and U+0000 cannot be here */
    if (was && was[0] && strstr(was, "\xef\xbb\xbf") == NULL && !is_ambiguous(was) && strcmp(was, is) != 0)
        abort();
    if (text->pipeline && text->pipeline[0] &&
        (!again.pipeline || strcmp(text->pipeline, again.pipeline) != 0))
        abort();
    rs_free(out);
}

static int is_short(const char *text)
{
    return !text || strlen(text) < 20000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xd9 };
    static const uint8_t tiff[] = { 'I', 'I', '*', 0, 8, 0, 0, 0, /* a width, and no further directory */
                                    1, 0, 0, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0 };
    rs_err err = { 0 };
    rs_picture_text text;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    if (is_large(data, size)) {
        rs_arena_close(&arena);
        return 0;
    }
    if (rs_still_text(arena, data, size, "f", &text, &err) != RS_OK && !err.msg[0])
        abort();
    if ((text.parameters || text.pipeline) && is_short(text.parameters) && is_short(text.pipeline)) {
        round_trip(arena, jpeg, sizeof(jpeg), &text, rs_jpeg_add_text);
        round_trip(arena, tiff, sizeof(tiff), &text, rs_tiff_add_text);
    }
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
