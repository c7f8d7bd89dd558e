/* The option rows of rs_inpaint_spec. */
#ifndef RS_STAGE_INPAINT_OPTS_H
#define RS_STAGE_INPAINT_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_inpaint_group;
extern const rs_opt_choice rs_inpaint_contents[]; /* of rs_inpaint_content */

#endif
