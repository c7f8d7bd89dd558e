/* DPM-Solver++(2M) (Lu et al. 2022, algorithm 2), as k-diffusion's
 * sample_dpmpp_2m: exact in the linear part over a step of h in -log sigma, and
 * with the clean guess extrapolated from the last two steps. The first step has
 * no past and the last goes to sigma 0, where h is infinite: both are of first
 * order. */
#include "sample/step.h"

#include <math.h>

/* x = ratio * x + (1 - ratio) * ((1 + c) * now - c * before) */
static void step(float *x, const float *now, const float *before, double ratio, double c, size_t n)
{
    const float keep = (float)ratio, gain = (float)((1 - ratio) * (1 + c));
    const float back = (float)((1 - ratio) * c);
    if (c == 0) {
        for (size_t k = 0; k < n; k++)
            x[k] = keep * x[k] + gain * now[k];
        return;
    }
    for (size_t k = 0; k < n; k++)
        x[k] = keep * x[k] + gain * now[k] - back * before[k];
}

static rs_status dpmpp_2m_run(const rs_sampling *s, rs_err *err)
{
    const double *sigmas = s->plan->sigmas;
    float *now, *before;
    RS_TRY(rs_step_buffer(s, &now, err));
    RS_TRY(rs_step_buffer(s, &before, err));
    for (int i = 0; i < s->plan->n_steps; i++) {
        RS_TRY(rs_step_begin(s, i, s->x, sigmas[i], now, err));
        double c = 0; /* 1 / (2 r), r = h_last / h */
        if (i > 0 && sigmas[i + 1] > 0)
            c = log(sigmas[i] / sigmas[i + 1]) / log(sigmas[i - 1] / sigmas[i]) / 2;
        step(s->x, now, before, sigmas[i + 1] / sigmas[i], c, s->n);
        float *const swap = now;
        now = before;
        before = swap;
    }
    return RS_OK;
}

const rs_sampler rs_sampler_dpmpp_2m = {
    .name = "dpmpp_2m",
    .help = "DPM-Solver++ of second order: good pictures in few steps, repeatable",
    .scheduler = "karras",
    .flags = RS_SAMPLER_ONE_MORE,
    .run = dpmpp_2m_run,
};
