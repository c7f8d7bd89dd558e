/* The prompts as a picture's parameters state them. */
#ifndef RS_PIPE_INFOTEXT_PROMPTS_H
#define RS_PIPE_INFOTEXT_PROMPTS_H

#include "base/arena.h"
#include "base/err.h"
#include "restyle/img2img.h"

/* With the texts of styles, as A1111 writes them, and in front the tags that name the networks
 * of a pipeline's lists, which come before those of the prompt. In memory of arena or params. */
rs_status rs_infotext_prompts(rs_arena *arena, const rs_img2img_params *params, const char **prompt,
                              const char **negative, rs_err *err);

#endif
