/* From a raw network to the denoise hook of a sampler: input scaling, timestep,
 * epsilon or v prediction, and guidance. */
#ifndef RS_SAMPLE_DENOISE_H
#define RS_SAMPLE_DENOISE_H

#include <stddef.h>

#include "sample/levels.h"

/* The network over batch copies of the same latent, at timestep t (it may be
 * fractional). in and out: [batch, n], never overlapping. The first items are under the
 * prompts, in order, and one more, if there is one, under the negative prompt. */
typedef rs_status (*rs_predict_fn)(void *cookie, const float *in, int batch, float t, float *out,
                           rs_err *err);

typedef struct rs_denoiser {
    const rs_noise_levels *levels; /* must outlive it */
    float cfg_scale;
    const float *weights; /* [n_prompts] */
    int n_prompts;
    int batch; /* what predict is called with: n_prompts, and one more unless guidance cancels it */
    size_t n;  /* floats of a latent */
    rs_predict_fn predict;
    void *cookie;
    float *in, *out; /* [batch, n], of the arena */
} rs_denoiser;

/* What a pass of the network takes: n prompts, the first of that weight, and the negative
 * prompt unless guidance cancels it. */
int rs_denoiser_batch(float cfg_scale, float first_weight, int n_prompts);

/* Several prompts (AND), or one of weight 1; the weights must outlive it. As A1111's
 * combine_denoised: uncond + sum_i weights[i] cfg_scale (cond_i - uncond). */
rs_status rs_denoiser_init(rs_arena *arena, const rs_noise_levels *levels, float cfg_scale,
                           const float *weights, int n_prompts, size_t n, rs_predict_fn predict,
                           void *cookie, rs_denoiser *out, rs_err *err);

/* An rs_sample_hooks.denoise whose cookie is an rs_denoiser. Allocates nothing. */
rs_status rs_denoiser_run(void *denoiser, const float *x, double sigma, float *denoised, rs_err *err);

#endif
