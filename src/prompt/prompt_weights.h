/* Weights of words: (more), [less], (as:1.3), nested by multiplication, with \( \) \[
 * \] \\ for the characters themselves; and BREAK, which ends a chunk. A1111's
 * parse_prompt_attention (modules/prompt_parser.py), whose every turn is kept: brackets
 * left open close at the end, loose closing ones are text, other backslashes vanish, and
 * a BREAK inside brackets of weight is a plain word. */
#ifndef RS_PROMPT_PROMPT_WEIGHTS_H
#define RS_PROMPT_PROMPT_WEIGHTS_H

#include "prompt/prompt_text.h"
#include "base/arena.h"
#include "base/err.h"

typedef struct rs_prompt_piece {
    const char *text; /* "" for a break */
    double weight;
    bool is_break;
} rs_prompt_piece;

/* text: NUL-terminated. Neighbours of equal weight are one piece; *n is at least 1. Lives
 * as long as arena. RS_E_INVALID: a weight such as 1.2.3, which A1111 fails at too. */
rs_status rs_prompt_weights_parse(rs_arena *arena, const char *text, rs_prompt_piece **out, size_t *n,
                                  rs_err *err);

#endif
