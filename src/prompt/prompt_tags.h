/* <kind:name:multipliers> inside a prompt: which extra networks to use.
 *
 * As A1111 (modules/extra_networks.py): whatever matches <(\w+):([^>]+)> leaves the
 * text, wherever it stands, before any other rule of the grammar looks at it. The
 * inside is cut at colons; a part with exactly one "=" is named, the others count by
 * position: name, te, unet, dyn (extensions-builtin/Lora/extra_networks_lora.py). */
#ifndef RS_PROMPT_PROMPT_TAGS_H
#define RS_PROMPT_PROMPT_TAGS_H

#include "base/arena.h"
#include "base/err.h"

typedef struct rs_prompt_tag {
    const char *kind; /* as written: "lora", "lyco", "hypernet" or anything else */
    const char *name;
    double te;        /* multiplier for the text encoder: `te`, else the first number, else 1 */
    double unet;      /* for the UNet: `unet`, else the second number, else te */
    int dyn;          /* how many rows of a LoRA are used: `dyn` or the third number; 0: all */
} rs_prompt_tag;

typedef struct rs_prompt_tags {
    rs_prompt_tag *items;
    size_t n;
} rs_prompt_tags;

/* text: NUL-terminated. *plain: the text without its tags (text itself when it has
 * none); that and the tags live as long as arena and text. RS_E_INVALID: a tag without a name,
 * or with a multiplier that is no number. */
rs_status rs_prompt_tags_parse(rs_arena *arena, const char *text, const char **plain,
                               rs_prompt_tags *out, rs_err *err);

#endif
