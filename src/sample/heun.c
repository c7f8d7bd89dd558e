/* Heun's method (Karras et al. 2022, algorithm 2), as k-diffusion's sample_heun:
 * an Euler step to the next level, a second look from there, and the mean of both
 * slopes. A step to level 0 stays Euler's. */
#include "sample/heun.h"

rs_status rs_heun_init(const rs_sampling *s, rs_heun *out, rs_err *err)
{
    RS_TRY(rs_step_buffer(s, &out->denoised, err));
    RS_TRY(rs_step_buffer(s, &out->ahead, err));
    return rs_step_buffer(s, &out->denoised_ahead, err);
}

rs_status rs_heun_step(const rs_sampling *s, const rs_heun *h, int i, double sigma, double next,
                       rs_err *err)
{
    RS_TRY(rs_step_begin(s, i, s->x, sigma, h->denoised, err));
    if (next == 0) {
        rs_step_line(s->x, h->denoised, s->x, sigma, next, s->n);
        return RS_OK;
    }
    rs_step_line(h->ahead, h->denoised, s->x, sigma, next, s->n);
    RS_TRY(rs_step_denoise(s, h->ahead, next, h->denoised_ahead, err));
    /* x += (next - sigma) / 2 * ((x - D) / sigma + (x' - D') / next) */
    rs_step_add_difference(s->x, (next - sigma) / (2 * sigma), s->x, h->denoised, s->n);
    rs_step_add_difference(s->x, (next - sigma) / (2 * next), h->ahead, h->denoised_ahead, s->n);
    return RS_OK;
}

static rs_status heun_run(const rs_sampling *s, rs_err *err)
{
    rs_heun h;
    RS_TRY(rs_heun_init(s, &h, err));
    for (int i = 0; i < s->plan->n_steps; i++) {
        const double sigma = rs_step_churn(s, i, h.ahead);
        RS_TRY(rs_heun_step(s, &h, i, sigma, s->plan->sigmas[i + 1], err));
    }
    return RS_OK;
}

const rs_sampler rs_sampler_heun = {
    .name = "heun",
    .help = "Heun's method: Euler corrected by a second look, two model calls a step",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_CHURN | RS_SAMPLER_S_NOISE | RS_SAMPLER_SECOND_ORDER,
    .run = heun_run,
};
