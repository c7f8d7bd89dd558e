/* Any bytes as a picture with parameters: no crash, a text is sound UTF-8 that
 * can be put into a file and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xd9 };
    rs_err err = { 0 };
    const char *text = NULL, *again = NULL;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    if (is_large(data, size)) {
        rs_arena_close(&arena);
        return 0;
    }
    if (rs_still_text(arena, data, size, "f", &text, &err) != RS_OK && !err.msg[0])
        abort();
    uint8_t *out = NULL;
    size_t n;
    if (text && text[0] && strlen(text) < 20000) {
        if (rs_jpeg_add_text(jpeg, sizeof(jpeg), text, &out, &n, &err) != RS_OK ||
            rs_still_text(arena, out, n, "f", &again, &err) != RS_OK || !again)
            abort();
        /* a mark at the start is no text, and U+0000 cannot be here */
        if (strstr(text, "\xef\xbb\xbf") == NULL && !is_ambiguous(text) && strcmp(text, again) != 0)
            abort();
    }
    rs_free(out);
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
