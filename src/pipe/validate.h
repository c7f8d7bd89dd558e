/* What a pipeline's values mean for each other and for the file system. */
#ifndef RS_PIPE_VALIDATE_H
#define RS_PIPE_VALIDATE_H

#include <stdbool.h>

#include "opt/opt.h"
#include "restyle/pipeline.h"
#include "weights/bundle.h"

rs_opt_check rs_check_folder, rs_check_tokenizer, rs_check_input, rs_check_output,
    rs_check_events;

/* Of the top-level group; values is an rs_pipeline_spec. */
void rs_check_pipeline(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values);

/* Its part for outpaint, loops, sd_upscale and upscale. */
void rs_check_scripts(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* The inpaint group beside the others; validate_inpaint.c. */
void rs_check_inpaint(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* Hypernetworks of lists and tags, which must fit the model; validate_hypernets.c. */
void rs_check_hypernets(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec,
                        const rs_bundle *bundle);

/* The batch group beside the others; validate_batch.c. */
void rs_check_batch(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* Whether two paths are one file, by whatever names. */
bool rs_same_file(const char *a, const char *b);

/* `hdr: refuse` of an input that can be opened and is HDR; validate_hdr.c. Of several clips each
 * is refused by itself when its turn comes. */
void rs_check_hdr(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* The encode group beside the output; validate_encode.c. */
void rs_check_encode(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec);

/* Whether an existing output may be replaced: an `overwrite` in the file speaks
 * of the output named there, not of one from the command line. */
bool rs_may_overwrite(const rs_value *map, const rs_pipeline_spec *spec);

#endif
