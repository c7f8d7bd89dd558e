/* UTF-8, one code point at a time. */
#ifndef RS_BASE_UTF8_H
#define RS_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define RS_UTF8_REPLACEMENT 0xFFFDu

/* The code point at *p, which moves behind it; *p < end. Malformed bytes, overlong
 * forms, surrogates and anything above U+10FFFF give RS_UTF8_REPLACEMENT and move
 * *p by one byte, so no input is refused and every loop ends. */
uint32_t rs_utf8_next(const char **p, const char *end);

/* Writes cp (at most U+10FFFF) to dst, 1 to 4 bytes without a terminator, and
 * returns their number. */
size_t rs_utf8_put(char *dst, uint32_t cp);

#endif
