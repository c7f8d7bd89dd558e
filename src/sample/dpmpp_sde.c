/* DPM-Solver++ for the diffusion SDE, as k-diffusion's sample_dpmpp_sde with r of
 * 1/2: an ancestral step to the middle (geometrically) of the step, and a second
 * one over all of it, towards the guess made there. Both take their noise from
 * one Brownian motion. (With r of 1/2 the first guess has no weight left.) */
#include "sample/step.h"

#include <math.h>
#include <string.h>

static rs_status dpmpp_sde_run(const rs_sampling *s, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    float *denoised, *start, *noise;
    RS_TRY(rs_step_buffer(s, &denoised, err));
    RS_TRY(rs_step_buffer(s, &start, err));
    RS_TRY(rs_step_buffer(s, &noise, err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double sigma = plan->sigmas[i], next = plan->sigmas[i + 1], mid = sqrt(sigma * next);
        RS_TRY(rs_step_begin(s, i, s->x, sigma, denoised, err));
        if (next == 0) {
            rs_step_line(s->x, denoised, s->x, sigma, 0, s->n);
            continue;
        }
        const rs_step_split to_mid = rs_step_ancestral(sigma, mid, plan->eta);
        memcpy(start, s->x, s->n * sizeof(float));
        rs_step_line(s->x, denoised, s->x, sigma, to_mid.down, s->n);
        rs_step_add_noise(s, to_mid.up * plan->s_noise, sigma, mid, noise);
        RS_TRY(rs_step_denoise(s, s->x, mid, denoised, err));

        const rs_step_split to_next = rs_step_ancestral(sigma, next, plan->eta);
        rs_step_line(s->x, denoised, start, sigma, to_next.down, s->n);
        rs_step_add_noise(s, to_next.up * plan->s_noise, sigma, next, noise);
    }
    return RS_OK;
}

const rs_sampler rs_sampler_dpmpp_sde = {
    .name = "dpmpp_sde",
    .help = "DPM-Solver++ for the SDE: detailed pictures, noise at every step, two model calls a step",
    .scheduler = "karras",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_BROWNIAN | RS_SAMPLER_SECOND_ORDER,
    .default_eta = 1,
    .run = dpmpp_sde_run,
};
