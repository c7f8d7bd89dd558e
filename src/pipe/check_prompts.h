/* What can be said of prompts before anything is loaded. */
#ifndef RS_PIPE_CHECK_PROMPTS_H
#define RS_PIPE_CHECK_PROMPTS_H

#include "opt/opt.h"
#include "restyle/pipeline.h"
#include "weights/bundle.h"

/* Styles, and the grammar of both prompts. Mistakes in tags of networks are left to the
 * check of the networks when files are checked. */
void rs_check_prompts(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* clip_skip against the model's text encoder. */
void rs_check_clip_skip(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec,
                        const rs_bundle *bundle);

#endif
