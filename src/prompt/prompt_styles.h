/* A1111's styles.csv (modules/styles.py): named texts that are added to prompts. */
#ifndef RS_PROMPT_PROMPT_STYLES_H
#define RS_PROMPT_PROMPT_STYLES_H

#include "base/arena.h"
#include "base/err.h"

#define RS_STYLES_MAX_BYTES ((size_t)8 << 20)

typedef struct rs_style {
    const char *name, *prompt, *negative; /* never NULL */
} rs_style;

typedef struct rs_styles {
    rs_style *items; /* in the file's order */
    size_t n;
} rs_styles;

/* text: the whole file, CSV in UTF-8 with a first row that names the columns: name,
 * prompt (or text), negative_prompt. Rows without a name, or whose name begins with #,
 * are left out. Lives as long as arena. file: for messages. RS_E_FORMAT: no such row. */
rs_status rs_styles_parse(rs_arena *arena, const char *file, const char *text, size_t size, rs_styles *out,
                          rs_err *err);

/* The style of that name, the last of several, or NULL. */
const rs_style *rs_styles_find(const rs_styles *styles, const char *name);

/* style with prompt in the place of every {prompt}; without one, both, trimmed and
 * joined by ", ". In the arena. RS_E_RANGE: too long. */
rs_status rs_style_merge(rs_arena *arena, const char *style, const char *prompt, const char **out,
                         rs_err *err);

#endif
