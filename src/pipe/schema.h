/* The rows of a pipeline: every YAML key there is. */
#ifndef RS_PIPE_SCHEMA_H
#define RS_PIPE_SCHEMA_H

#include "opt/opt.h"

extern const rs_opt_group rs_pipeline_group; /* of rs_pipeline_spec */

#endif
