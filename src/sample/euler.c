/* Euler, Euler ancestral and DDIM: one step, three amounts of new noise.
 *
 * With D the clean guess, x = D + sigma * e says which noise e the model sees.
 * Each step keeps D, brings e down to the next level, and replaces a part of it
 * by new noise:
 *
 *     up   = min(next, eta * next * sqrt(sigma^2 - next^2) / sigma)
 *     down = sqrt(next^2 - up^2)
 *     x    = D + down * (x - D) / sigma + up * noise
 *
 * eta 0 is Euler's method on the probability flow (Karras et al. 2022, algorithm
 * 2, with its churn); eta 1 is k-diffusion's sample_euler_ancestral.
 *
 * DDIM (Song et al. 2021, equation 12) is written for y = x * sqrt(a), with
 * a = 1 / (1 + sigma^2). Its noise, eta * sqrt((1-a')/(1-a)) * sqrt(1 - a/a'),
 * divided by sqrt(a') is `up`, and its remaining sqrt(1 - a' - noise^2) becomes
 * `down`: the same step, over any schedule. It is diffusers' DDIMScheduler with
 * set_alpha_to_one and without clipping, or with scheduler `diffusers` as the model's
 * scheduler_config.json has it (spacing.h). (A1111's own DDIM skips the last of its
 * timesteps and so runs two steps fewer than its other samplers: see quirk.h.) */
#include "sample/step.h"

static rs_status euler_run(const rs_sampling *s, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    float *denoised, *noise = NULL;
    RS_TRY(rs_step_buffer(s, &denoised, err));
    if (rs_sampler_draws(plan->sampler, plan->eta, plan->s_churn))
        RS_TRY(rs_step_buffer(s, &noise, err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double sigma = rs_step_churn(s, i, noise), next = rs_step_target(s, i);
        const rs_step_split part = rs_step_ancestral(sigma, next, plan->eta);
        RS_TRY(rs_step_begin(s, i, s->x, sigma, denoised, err));
        rs_step_line(s->x, denoised, s->x, sigma, part.down, s->n);
        rs_step_add_noise(s, part.up * plan->s_noise, sigma, next, noise);
        rs_step_arrive(s, i);
    }
    return RS_OK;
}

const rs_sampler rs_sampler_euler = {
    .name = "euler",
    .help = "Euler's method: plain, fast, repeatable",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_CHURN | RS_SAMPLER_S_NOISE,
    .run = euler_run,
};

const rs_sampler rs_sampler_euler_a = {
    .name = "euler_a",
    .help = "Euler ancestral: new noise at every step, so more steps keep changing the picture",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE,
    .default_eta = 1,
    .run = euler_run,
};

const rs_sampler rs_sampler_ddim = {
    .name = "ddim",
    .help = "DDIM: the same path as euler, with an optional share of new noise (eta)",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_TIMESTEPS | RS_SAMPLER_STRIDES,
    .default_eta = 0,
    .run = euler_run,
};
