/* The option rows of rs_outpaint. */
#ifndef RS_STAGE_OUTPAINT_OPTS_H
#define RS_STAGE_OUTPAINT_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_outpaint_group;

#endif
