/* One picture through all that a pipeline does to it:
 *
 *     upscale (before) -> img2img, loops of it, SD upscale, inpaint or outpaint -> upscale (after) */
#ifndef RS_JOB_STAGES_H
#define RS_JOB_STAGES_H

#include "restyle/pipeline.h"
#include "restyle/upscale.h"

/* Zero it before open. */
typedef struct rs_stages {
    const rs_pipeline_spec *spec;
    rs_model *model;
    rs_upscaler *upscaler; /* NULL: none */
    rs_image before, painted[RS_BATCH_MAX_SIZE];
} rs_stages;

/* Loads the model, and the upscaler where there is one. spec must outlive the stages; log and
 * profile may be NULL. */
rs_status rs_stages_open(rs_stages *s, const rs_pipeline_spec *spec, const rs_log *log,
                         rs_profile *profile, rs_err *err);
void rs_stages_close(rs_stages *s); /* also one that is half open, or zeroed */

/* What becomes of a picture of this size, and what of it is given to img2img; latent: the
 * size that its latent gets (rs_img2img_params.latent_size), or zeros. */
rs_size rs_stages_init_size(const rs_pipeline_spec *spec, rs_size in);
rs_size rs_stages_size(const rs_pipeline_spec *spec, rs_size in, rs_size latent);

typedef struct rs_stages_input {
    const rs_image *init;
    /* of inpainting, NULL or unused without it; see restyle/inpaint.h */
    const rs_image *original;
    const rs_mask *mask;
    rs_inpaint_box *box;
    rs_size part;
} rs_stages_input;

/* The most pictures that go through together: a batch's size, where it is plain img2img. */
int rs_stages_together(const rs_pipeline_spec *spec);

/* params: spec->img2img, or that with another seed and the like. n pictures of one init, as
 * rs_img2img_batch makes them, at most rs_stages_together. outs[0..n) as *out in rs_img2img;
 * none may be in->init. progress counts the steps of each stage by itself. */
rs_status rs_stages_run(rs_stages *s, const rs_img2img_params *params, const rs_stages_input *in, int n,
                        rs_image *outs, const rs_progress *progress, rs_err *err);

#endif
