/* Values from a command line, put over those of a file. */
#ifndef RS_PIPE_OVERRIDE_H
#define RS_PIPE_OVERRIDE_H

#include "opt/opt.h"
#include "restyle/pipeline.h"

/* Puts the override's value into the tree, or reports to ctx->diags. number: of
 * the option, from 1; its column, so to say. */
void rs_override_apply(rs_opt_ctx *ctx, rs_value *root, const rs_override *o, int number);

#endif
