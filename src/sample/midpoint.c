/* DPM2, DPM2 ancestral and DPM++ 2S ancestral: a second look from the middle of
 * the step, geometrically: mid = sqrt(sigma * down).
 *
 *     DPM2      x += (down - sigma) * (x_mid - D_mid) / mid       the slope there
 *     DPM++ 2S  x  = D_mid + down / sigma * (x - D_mid)           the guess there
 *
 * DPM-Solver-2 (Lu et al. 2022) and DPM-Solver++(2S), as k-diffusion's
 * sample_dpm_2, sample_dpm_2_ancestral and sample_dpmpp_2s_ancestral. A step down
 * to 0 is Euler's. */
#include "sample/step.h"

#include <math.h>

typedef void (*finish_fn)(const rs_sampling *s, const float *x_mid, const float *denoised_mid,
                          double sigma, double mid, double down);

static void finish_slope(const rs_sampling *s, const float *x_mid, const float *denoised_mid,
                         double sigma, double mid, double down)
{
    rs_step_add_difference(s->x, (down - sigma) / mid, x_mid, denoised_mid, s->n);
}

static void finish_guess(const rs_sampling *s, const float *x_mid, const float *denoised_mid,
                         double sigma, double mid, double down)
{
    (void)x_mid;
    (void)mid;
    rs_step_line(s->x, denoised_mid, s->x, sigma, down, s->n);
}

static rs_status midpoint_run(const rs_sampling *s, finish_fn finish, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    float *denoised, *x_mid, *denoised_mid;
    RS_TRY(rs_step_buffer(s, &denoised, err));
    RS_TRY(rs_step_buffer(s, &x_mid, err));
    RS_TRY(rs_step_buffer(s, &denoised_mid, err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double sigma = rs_step_churn(s, i, x_mid), next = plan->sigmas[i + 1];
        const rs_step_split part = rs_step_ancestral(sigma, next, plan->eta);
        const double mid = sqrt(sigma * part.down);
        RS_TRY(rs_step_begin(s, i, s->x, sigma, denoised, err));
        if (part.down == 0) {
            rs_step_line(s->x, denoised, s->x, sigma, 0, s->n);
        } else {
            rs_step_line(x_mid, denoised, s->x, sigma, mid, s->n);
            RS_TRY(rs_step_denoise(s, x_mid, mid, denoised_mid, err));
            finish(s, x_mid, denoised_mid, sigma, mid, part.down);
        }
        rs_step_add_noise(s, part.up * plan->s_noise, sigma, next, x_mid);
    }
    return RS_OK;
}

static rs_status dpm2_run(const rs_sampling *s, rs_err *err)
{
    return midpoint_run(s, finish_slope, err);
}

static rs_status dpmpp_2s_run(const rs_sampling *s, rs_err *err)
{
    return midpoint_run(s, finish_guess, err);
}

const rs_sampler rs_sampler_dpm2 = {
    .name = "dpm2",
    .help = "DPM-Solver of second order, two model calls a step",
    .scheduler = "karras",
    .flags = RS_SAMPLER_CHURN | RS_SAMPLER_S_NOISE | RS_SAMPLER_DISCARD | RS_SAMPLER_SECOND_ORDER,
    .run = dpm2_run,
};

const rs_sampler rs_sampler_dpm2_a = {
    .name = "dpm2_a",
    .help = "dpm2 with new noise at every step",
    .scheduler = "karras",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_DISCARD | RS_SAMPLER_SECOND_ORDER,
    .default_eta = 1,
    .run = dpm2_run,
};

const rs_sampler rs_sampler_dpmpp_2s_a = {
    .name = "dpmpp_2s_a",
    .help = "DPM-Solver++ of second order within each step, with new noise; two model calls a step",
    .scheduler = "karras",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_SECOND_ORDER,
    .default_eta = 1,
    .run = dpmpp_2s_run,
};
