/* Several inputs in one pipeline, and the output of each. */
#ifndef RS_PIPE_CLIPS_H
#define RS_PIPE_CLIPS_H

#include "opt/opt.h"
#include "restyle/pipeline.h"

/* Patterns under `input` become the files that match them, in natural order; a name that is
 * there, or a pattern that nothing matches, stays as it is. */
void rs_clips_expand(rs_opt_ctx *ctx, rs_value *root);

/* Sets what stands for clip i alone: input, output, and a list of one. False: no memory. */
bool rs_clips_pick(rs_arena *arena, const rs_pipeline_spec *spec, size_t i, rs_pipeline_spec *out);

/* Whether each clip has an output of its own, which is none of the inputs. */
void rs_check_clips(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

#endif
