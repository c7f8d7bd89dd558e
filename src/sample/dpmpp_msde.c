/* DPM-Solver++ for the diffusion SDE, multistep: 2M (with the midpoint or Heun
 * term) and 3M, as k-diffusion's sample_dpmpp_2m_sde and sample_dpmpp_3m_sde.
 *
 * Over a step of h in -log sigma, with k = h (1 + eta) and D, D1, D2 the guesses of
 * this and the last two steps, h1 and h2 the lengths of those:
 *
 *     x = exp(-k) x + (1 - exp(-k)) D  + a correction from D1, D2  + noise
 *     noise = next * sqrt(1 - exp(-2 eta h)) * normals
 *
 * The first step has no past; a step to 0 takes the guess as it is. */
#include "sample/step.h"

#include <math.h>
#include <string.h>

typedef void (*correct_fn)(const rs_sampling *s, float *const d[3], int past, const double h[3], double k);

/* + c (D - D1) / r, r = h1 / h; c is (1 - exp(-k)) / 2, or the exact phi_2. */
static void correct_2m(const rs_sampling *s, float *const d[3], const double h[3], double c)
{
    rs_step_add_difference(s->x, c * h[0] / h[1], d[0], d[1], s->n);
}

static void correct_midpoint(const rs_sampling *s, float *const d[3], int past, const double h[3], double k)
{
    if (past > 0)
        correct_2m(s, d, h, -expm1(-k) / 2);
}

static double phi_2(double k)
{
    return expm1(-k) / k + 1;
}

static void correct_heun(const rs_sampling *s, float *const d[3], int past, const double h[3], double k)
{
    if (past > 0)
        correct_2m(s, d, h, phi_2(k));
}

/* + phi_2 d1 - phi_3 d2, the first and second divided differences. */
static void correct_3m(const rs_sampling *s, float *const d[3], int past, const double h[3], double k)
{
    if (past < 2) {
        correct_heun(s, d, past, h, k);
        return;
    }
    const double r0 = h[1] / h[0], r1 = h[2] / h[0];
    const double p2 = phi_2(k), p3 = p2 / k - 0.5;
    /* d1 = a + (a - b) r0 / (r0 + r1), d2 = (a - b) / (r0 + r1), a = (D - D1) / r0, b = (D1 - D2) / r1 */
    const double both = (p2 * r0 - p3) / (r0 + r1);
    rs_step_add_difference(s->x, (p2 + both) / r0, d[0], d[1], s->n);
    rs_step_add_difference(s->x, -both / r1, d[1], d[2], s->n);
}

static rs_status multistep_run(const rs_sampling *s, correct_fn correct, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    float *d[3], *noise; /* d: guesses, the newest first */
    double h[3] = { 0 }; /* steps, likewise */
    for (int k = 0; k < 3; k++)
        RS_TRY(rs_step_buffer(s, &d[k], err));
    RS_TRY(rs_step_buffer(s, &noise, err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double sigma = plan->sigmas[i], next = plan->sigmas[i + 1];
        float *const oldest = d[2];
        memmove(d + 1, d, 2 * sizeof(d[0]));
        memmove(h + 1, h, 2 * sizeof(h[0]));
        d[0] = oldest;
        RS_TRY(rs_step_begin(s, i, s->x, sigma, d[0], err));
        if (next == 0) {
            rs_step_line(s->x, d[0], s->x, sigma, 0, s->n);
            continue;
        }
        h[0] = log(sigma / next);
        const double k = h[0] * (1 + plan->eta);
        rs_step_mix(s->x, exp(-k), s->x, -expm1(-k), d[0], s->n);
        correct(s, d, i, h, k);
        const double level = next * sqrt(-expm1(-2 * plan->eta * h[0]));
        rs_step_add_noise(s, level * plan->s_noise, sigma, next, noise);
    }
    return RS_OK;
}

static rs_status dpmpp_2m_sde_run(const rs_sampling *s, rs_err *err)
{
    return multistep_run(s, correct_midpoint, err);
}

static rs_status dpmpp_2m_sde_heun_run(const rs_sampling *s, rs_err *err)
{
    return multistep_run(s, correct_heun, err);
}

static rs_status dpmpp_3m_sde_run(const rs_sampling *s, rs_err *err)
{
    return multistep_run(s, correct_3m, err);
}

const rs_sampler rs_sampler_dpmpp_2m_sde = {
    .name = "dpmpp_2m_sde",
    .help = "dpmpp_2m for the SDE: noise at every step, one model call a step",
    .scheduler = "exponential",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_BROWNIAN,
    .default_eta = 1,
    .run = dpmpp_2m_sde_run,
};

const rs_sampler rs_sampler_dpmpp_2m_sde_heun = {
    .name = "dpmpp_2m_sde_heun",
    .help = "dpmpp_2m_sde with Heun's correction instead of the midpoint's",
    .scheduler = "exponential",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_BROWNIAN,
    .default_eta = 1,
    .run = dpmpp_2m_sde_heun_run,
};

const rs_sampler rs_sampler_dpmpp_3m_sde = {
    .name = "dpmpp_3m_sde",
    .help = "DPM-Solver++ of third order for the SDE: noise at every step, best from 20 steps on",
    .scheduler = "exponential",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_BROWNIAN | RS_SAMPLER_DISCARD,
    .default_eta = 1,
    .run = dpmpp_3m_sde_run,
};
