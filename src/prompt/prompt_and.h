/* Prompts composed of several: "a cat :1.2 AND a dog :-0.5". */
#ifndef RS_PROMPT_PROMPT_AND_H
#define RS_PROMPT_PROMPT_AND_H

#include "prompt/prompt_text.h"
#include "base/arena.h"
#include "base/err.h"

typedef struct rs_prompt_share {
    rs_span text;
    double weight;
} rs_prompt_share;

/* Cut at the word AND; a number behind a final colon is the weight (else 1) and leaves
 * the text, as does white space at the end: A1111's get_multicond_prompt_list, which
 * does so with a prompt without AND too. text: NUL-terminated, must outlive the result.
 * *n is at least 1. */
rs_status rs_prompt_and_parse(rs_arena *arena, const char *text, rs_prompt_share **out, int *n,
                              rs_err *err);

#endif
