/* What restyle/batch.h is made of: a run of several pictures, and the option rows. */
#ifndef RS_STAGE_BATCH_H
#define RS_STAGE_BATCH_H

#include "opt/opt.h"
#include "restyle/batch.h"

/* One run of n pictures with the parameters each[0..n), which may differ in seed and
 * variation_seed; stage/img2img.c. The sampler must not be RS_SAMPLER_ALONE unless n is 1. */
rs_status rs_img2img_together(rs_model *model, const rs_img2img_params *each, int n, const rs_image *init,
                              rs_image *outs, const rs_progress *progress, rs_err *err);

extern const rs_opt_group rs_batch_group; /* rs_batch_spec */

#endif
