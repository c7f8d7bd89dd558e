#include "base/utf8.h"

uint32_t rs_utf8_next(const char **p, const char *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* by length: overlong below */
    const unsigned char *s = (const unsigned char *)*p;
    const unsigned char lead = *s;
    const size_t left = (size_t)(end - *p);
    *p += 1;
    if (lead < 0x80)
        return lead;
    const size_t len = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (len == 0 || lead >= 0xF8 || left < len)
        return RS_UTF8_REPLACEMENT;
    uint32_t cp = lead & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return RS_UTF8_REPLACEMENT;
        cp = cp << 6 | (s[i] & 0x3Fu);
    }
    if (cp < least[len] || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
        return RS_UTF8_REPLACEMENT;
    *p += len - 1;
    return cp;
}

size_t rs_utf8_put(char *dst, uint32_t cp)
{
    if (cp < 0x80) {
        dst[0] = (char)cp;
        return 1;
    }
    const size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, cp >>= 6)
        dst[i] = (char)(0x80 | (cp & 0x3F));
    dst[0] = (char)((0xF00u >> len & 0xF0) | cp);
    return len;
}
