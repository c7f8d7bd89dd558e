/* The option rows of rs_sampling_params, and what they mean for each other. */
#ifndef RS_STAGE_SAMPLING_OPTS_H
#define RS_STAGE_SAMPLING_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_sampling_group;

/* Of the group img2img; values is an rs_img2img_params. Controls that the sampler or
 * the scheduler does not take are told, unless they stand at what does nothing. */
void rs_check_sampling(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values);

#endif
