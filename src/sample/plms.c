/* PLMS (Liu et al. 2022, pseudo numerical methods on manifolds), as A1111's plms
 * and diffusers' PNDMScheduler with skip_prk_steps: Adams-Bashforth on the noise
 * that the model sees, as if its levels were evenly spaced. In the variables used
 * here DDIM's transfer is a line, x += (next - sigma) * e. The first step looks
 * ahead, and so makes two model calls. */
#include "sample/step.h"

enum { HISTORY = 4 };

static void noise_of(const rs_sampling *s, float *e, const float *x, const float *denoised, double sigma)
{
    rs_step_mix(e, 1 / sigma, x, -1 / sigma, denoised, s->n);
}

/* The weights of this and earlier steps' noise, by how many there are. */
static const double weights[HISTORY][HISTORY] = {
    { 1 },
    { 3.0 / 2, -1.0 / 2 },
    { 23.0 / 12, -16.0 / 12, 5.0 / 12 },
    { 55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24 },
};

/* x += h * the mean of the noise here and the noise one Euler step ahead. */
static rs_status first_step(const rs_sampling *s, float *ahead, float *denoised, const float *e,
                            rs_err *err)
{
    const double next = s->plan->sigmas[1], h = next - s->plan->sigmas[0];
    rs_step_mix(ahead, 1, s->x, h, e, s->n);
    RS_TRY(rs_step_denoise(s, ahead, next, denoised, err));
    rs_step_mix(s->x, 1, s->x, h / 2, e, s->n);
    noise_of(s, ahead, ahead, denoised, next);
    rs_step_mix(s->x, 1, s->x, h / 2, ahead, s->n);
    return RS_OK;
}

static rs_status plms_run(const rs_sampling *s, rs_err *err)
{
    const double *sigmas = s->plan->sigmas;
    float *denoised, *ahead, *e[HISTORY]; /* of step i: e[i % HISTORY] */
    RS_TRY(rs_step_buffer(s, &denoised, err));
    RS_TRY(rs_step_buffer(s, &ahead, err));
    for (int k = 0; k < HISTORY; k++)
        RS_TRY(rs_step_buffer(s, &e[k], err));
    for (int i = 0; i < s->plan->n_steps; i++) {
        RS_TRY(rs_step_begin(s, i, s->x, sigmas[i], denoised, err));
        noise_of(s, e[i % HISTORY], s->x, denoised, sigmas[i]);
        if (i == 0 && sigmas[1] > 0) {
            RS_TRY(first_step(s, ahead, denoised, e[0], err));
            continue;
        }
        const int last = i < HISTORY - 1 ? i : HISTORY - 1;
        for (int j = 0; j <= last; j++)
            rs_step_mix(s->x, 1, s->x, (sigmas[i + 1] - sigmas[i]) * weights[last][j],
                        e[(i - j) % HISTORY], s->n);
    }
    return RS_OK;
}

const rs_sampler rs_sampler_plms = {
    .name = "plms",
    .help = "pseudo linear multistep (PNDM): the last four steps together, one model call a step",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_TIMESTEPS,
    .run = plms_run,
};
