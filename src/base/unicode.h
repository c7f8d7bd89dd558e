/* The Unicode properties that text normalisation needs, over code points.
 *
 * Letters, numbers, white space and lower case are those of the tokenizers
 * library that transformers uses (tables made by tools/gen_unicode.py). */
#ifndef RS_BASE_UNICODE_H
#define RS_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

bool rs_unicode_is_letter(uint32_t cp); /* \p{L} */
bool rs_unicode_is_number(uint32_t cp); /* \p{N} */
bool rs_unicode_is_space(uint32_t cp);  /* White_Space */

/* The lower case of cp in out, one code point or (U+0130 only) two; returns
 * their number. No context: a capital sigma is always U+03C3. */
size_t rs_unicode_lower(uint32_t cp, uint32_t out[2]);

/* Normalisation form C of in[0..n). *out: memory of the arena, or in itself when
 * nothing can change. */
rs_status rs_unicode_nfc(rs_arena *arena, const uint32_t *in, size_t n, const uint32_t **out,
                         size_t *out_n, rs_err *err);

#endif
