/* The groups of keys that say which frames of the input are taken, and what is done to
 * them before and after the model. */
#ifndef RS_PIPE_TIMELINE_OPTS_H
#define RS_PIPE_TIMELINE_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_range_group; /* rs_range */
extern const rs_opt_group rs_filters_group; /* rs_filters_spec */
extern const rs_opt_group rs_exec_group; /* rs_exec_spec */
extern const rs_opt_choice rs_deinterlace_choices[];

#endif
