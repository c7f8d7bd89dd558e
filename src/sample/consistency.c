/* LCM and TCD, for models distilled to few steps: each step takes the guess and
 * adds the next level's noise to it, all new (LCM) or partly kept (TCD).
 *
 * LCM (Luo et al. 2023), as A1111's sample_lcm: the guess is c_out D + c_skip x with
 * c_skip = 1/4 / (s^2 + 1/4), c_out = s / sqrt(s^2 + 1/4), s = 10 t; timesteps are
 * those of a table of 50.
 *
 * TCD (Zheng et al. 2024, algorithm 3), as diffusers' TCDScheduler: down to the level
 * of timestep floor((1 - eta) t'), t' that of the next level, and up to it with new
 * noise. The last step goes to 0; diffusers' stops at timestep 0. */
#include "sample/step.h"

#include <math.h>

/* D = c_out D + c_skip x at the boundary condition's weights. */
static void boundary(const rs_sampling *s, double sigma, float *denoised)
{
    const double t = 10 * rs_sigma_to_t(s->plan->levels, sigma), var = 0.25;
    rs_step_mix(denoised, t / sqrt(t * t + var), denoised, var / (t * t + var), s->x, s->n);
}

static rs_status lcm_run(const rs_sampling *s, rs_err *err)
{
    const double *sigmas = s->plan->sigmas;
    float *denoised, *noise;
    RS_TRY(rs_step_buffer(s, &denoised, err));
    RS_TRY(rs_step_buffer(s, &noise, err));
    for (int i = 0; i < s->plan->n_steps; i++) {
        RS_TRY(rs_step_begin(s, i, s->x, sigmas[i], denoised, err));
        boundary(s, sigmas[i], denoised);
        rs_step_line(s->x, denoised, s->x, sigmas[i], 0, s->n);
        rs_step_add_noise(s, sigmas[i + 1], sigmas[i], sigmas[i + 1], noise);
    }
    return RS_OK;
}

/* The level to go down to before new noise; next > 0. */
static double tcd_down(const rs_sample_plan *plan, double next)
{
    const double t = rs_sigma_to_t(plan->levels, next);
    const double slack = 1e-6; /* t of a table's row is a whole number but for rounding */
    return fmin(next, rs_row_to_sigma(plan->levels, floor((1 - plan->eta) * t + slack)));
}

static rs_status tcd_run(const rs_sampling *s, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    float *denoised, *noise;
    RS_TRY(rs_step_buffer(s, &denoised, err));
    RS_TRY(rs_step_buffer(s, &noise, err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double sigma = plan->sigmas[i], next = plan->sigmas[i + 1];
        RS_TRY(rs_step_begin(s, i, s->x, sigma, denoised, err));
        const double down = next > 0 && plan->eta > 0 ? tcd_down(plan, next) : next;
        rs_step_line(s->x, denoised, s->x, sigma, down, s->n);
        rs_step_add_noise(s, sqrt(next * next - down * down), sigma, next, noise);
    }
    return RS_OK;
}

const rs_sampler rs_sampler_lcm = {
    .name = "lcm",
    .help = "for latent consistency models, 2 to 8 steps, cfg_scale near 1",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_NOISE | RS_SAMPLER_THIN,
    .run = lcm_run,
};

const rs_sampler rs_sampler_tcd = {
    .name = "tcd",
    .help = "for trajectory consistency models, 2 to 8 steps; eta 0 adds no noise, 1 is like lcm",
    .scheduler = "sgm_uniform",
    .flags = RS_SAMPLER_ETA,
    .default_eta = 0.3,
    .run = tcd_run,
};
