/* What inpainting adds to a run of stage/img2img.c, which calls these at its points. */
#ifndef RS_STAGE_MASKED_RUN_H
#define RS_STAGE_MASKED_RUN_H

#include "restyle/inpaint.h"
#include "tensor/tensor.h"

typedef struct rs_masked_run {
    const rs_inpaint_params *params;
    const rs_mask *mask; /* of the picture's size: what models of nine channels are shown */
    const float *share;  /* [h, w] of the latent, 0..1: how much is repainted */
    float *change;       /* [h, w]: how far the result's latent is from init's; NULL: not asked for */
    rs_tensor init;      /* the latent to blend with; made by rs_masked_start */
} rs_masked_run;

/* The encoded latent becomes what the masked content says. noise: the seed's first
 * draw, of the latent's shape; the copy in init is the arena's. */
rs_status rs_masked_start(rs_masked_run *run, const rs_tensor *latent, const rs_tensor *noise,
                          rs_arena *arena, rs_err *err);
/* After guidance: the denoised latent, mixed with init's. */
void rs_masked_blend(const rs_masked_run *run, double sigma, float *denoised);
/* The last time, on the sampler's result. */
void rs_masked_finish(const rs_masked_run *run, float *latent);

/* rs_img2img with a mask in the latent; masked NULL: without. The picture that comes
 * out is the decoded one, nothing laid over it. */
rs_status rs_img2img_masked(rs_model *model, const rs_img2img_params *params, rs_masked_run *masked,
                            const rs_image *init, rs_image *out, const rs_progress *progress, rs_err *err);

#endif
