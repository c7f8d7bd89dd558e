#include "conf/utf8_check.h"

#include <stdbool.h>
#include <stdint.h>

/* Length of a well-formed sequence (Unicode table 3-7), 0 if malformed. */
static size_t sequence(const unsigned char *s, size_t left)
{
    const unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    const size_t n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    const bool overlong = (c == 0xe0 && s[1] < 0xa0) || (c == 0xf0 && s[1] < 0x90);
    const bool too_high = (c == 0xed && s[1] >= 0xa0) || (c == 0xf4 && s[1] >= 0x90);
    return overlong || too_high ? 0 : n;
}

rs_utf8_problem rs_utf8_check(const char *text, size_t size, int *line, int *col)
{
    const unsigned char *s = (const unsigned char *)text;
    *line = 1;
    *col = 1;
    for (size_t i = 0; i < size;) {
        const size_t n = sequence(s + i, size - i);
        if (n == 0)
            return RS_UTF8_INVALID;
        if ((s[i] < 0x20 && s[i] != '\n' && s[i] != '\r' && s[i] != '\t') || s[i] == 0x7f)
            return RS_UTF8_CONTROL;
        (*col)++;
        if (s[i] == '\n') {
            (*line)++;
            *col = 1;
        }
        i += n;
    }
    return RS_UTF8_OK;
}
