/* The rows of a pipeline: every YAML key there is. */
#ifndef RS_PIPE_SCHEMA_H
#define RS_PIPE_SCHEMA_H

#include "opt/opt.h"
#include "restyle/pipeline.h"

extern const rs_opt_group rs_pipeline_group; /* of rs_pipeline_spec */

/* Every default, those of a `compat` that root names included. */
void rs_pipeline_defaults(rs_opt_ctx *ctx, const rs_value *root, rs_pipeline_spec *spec);

#endif
