/* Prompts that change during the run: [from:to:when], [to:when], [from::when] and
 * [a|b|c], nested at will. The grammar is A1111's (modules/prompt_parser.py, 1.6 and
 * later):
 *
 *     prompt     = { "(" prompt [":" prompt] ")" | "[" prompt "]" | scheduled | alternate | text }
 *     scheduled  = "[" [prompt ":"] prompt ":" NUMBER "]"
 *     alternate  = "[" prompt "|" [prompt] { "|" [prompt] } "]"
 *     text       = characters but \ [ ] ( ) : |, and \ with the character behind it
 *
 * A bracket or colon that fits no rule stands for itself outside of all groups. A "|"
 * or a final "\" that fits none makes the whole prompt plain text, as in A1111.
 * Brackets of weights stay in the text: prompt_weights.h reads them. */
#ifndef RS_PROMPT_PROMPT_SCHEDULE_H
#define RS_PROMPT_PROMPT_SCHEDULE_H

#include "prompt/prompt_text.h"
#include "base/arena.h"
#include "base/err.h"

typedef struct rs_prompt_part {
    int until; /* the last step that uses the text, counted from 1 */
    int text;  /* index */
} rs_prompt_part;

typedef struct rs_prompt_schedule {
    const char **texts; /* [n_texts], all different */
    int n_texts;
    rs_prompt_part *parts; /* [n_parts], until strictly rising; the last is `steps` */
    int n_parts;
} rs_prompt_schedule;

/* The texts of a run of `steps` >= 1 steps. `when` with a point is a share of them,
 * without it a step; both are cut to whole steps, at most `steps`. Neighbouring parts
 * may have the same text, as A1111's have. Lives as long as arena. RS_E_RANGE: a prompt
 * above RS_PROMPT_MAX, or one that changes into too much text. */
rs_status rs_prompt_schedule_parse(rs_arena *arena, rs_span prompt, int steps, rs_prompt_schedule *out,
                                   rs_err *err);

/* The index of the text for call number `call` of the network, from 0: as A1111's
 * reconstruct_cond_batch, the first part with call <= until, so that a part that ends
 * at step 3 serves calls 0 to 3. Calls beyond the last step get the last part. */
int rs_prompt_schedule_at(const rs_prompt_schedule *s, int call);

#endif
