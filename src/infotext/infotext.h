/* A1111's `parameters` text: the prompt, the negative prompt, and one line of
 * "Key: value" pairs, as its web UI writes it into pictures.
 *
 *     a watercolor painting
 *     Negative prompt: blurry
 *     Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model: "a, b"
 *
 * Source: modules/infotext_utils.py (quote, parse_generation_parameters) and
 * modules/processing.py (create_infotext) of stable-diffusion-webui. */
#ifndef RS_INFOTEXT_INFOTEXT_H
#define RS_INFOTEXT_INFOTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

enum { RS_INFOTEXT_MAX_BYTES = 1 << 20 };

typedef struct rs_infotext_field {
    const char *key, *value;
} rs_infotext_field;

/* Texts are the arena's. */
typedef struct rs_infotext {
    const char *prompt, *negative;   /* lines joined by \n, "" when absent */
    const rs_infotext_field *fields; /* [n], in the text's order */
    size_t n;
} rs_infotext;

/* Any bytes are a text: without a line of at least three pairs at its end all of
 * it is prompt. Pairs without a value are left out, quoted values unquoted. Only
 * RS_E_NOMEM, and RS_E_RANGE for more than RS_INFOTEXT_MAX_BYTES. */
rs_status rs_infotext_parse(rs_arena *arena, const char *text, size_t size, rs_infotext *out,
                            rs_err *err);

/* The value of a field, of the last one if there are several; NULL without one. */
const char *rs_infotext_get(const rs_infotext *info, const char *key);

/* Appends "Prompt[\nNegative prompt: ...]\n"; fields follow. */
void rs_infotext_put_prompts(rs_strbuf *sb, const char *prompt, const char *negative);
/* Appends "Key: value" with ", " before all but the first; a value with a comma,
 * a colon or a line break becomes a JSON string. */
void rs_infotext_put(rs_strbuf *sb, const char *key, const char *value);

#endif
