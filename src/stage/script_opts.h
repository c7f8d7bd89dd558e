/* The option rows of rs_upscale_params, rs_loops and rs_sd_upscale. */
#ifndef RS_STAGE_SCRIPT_OPTS_H
#define RS_STAGE_SCRIPT_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_upscale_group, rs_loops_group, rs_sd_upscale_group;

#endif
