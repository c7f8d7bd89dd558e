/* The styles that a picture's parameters name, added to its prompts. */
#ifndef RS_STAGE_STYLES_H
#define RS_STAGE_STYLES_H

#include "base/arena.h"
#include "base/err.h"
#include "restyle/img2img.h"

/* *prompt and *negative: of params, with the texts of all styles, in order; in memory of
 * arena or params. Reads styles_file when there are styles. RS_E_NOTFOUND: a style is
 * not there; the message lists some that are. */
rs_status rs_styles_apply(rs_arena *arena, const rs_img2img_params *params, const char **prompt,
                          const char **negative, rs_err *err);

/* The styles of params go into its prompts, in memory of arena: of many pictures with these
 * parameters none reads styles_file again. */
rs_status rs_styles_resolve(rs_arena *arena, rs_img2img_params *params, rs_err *err);

#endif
