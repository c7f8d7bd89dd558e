/* Linear multistep (Adams-Bashforth of order 4 on any spacing), as k-diffusion's
 * sample_lms: the slopes of the last four levels, joined by a polynomial that is
 * integrated over the step. k-diffusion integrates numerically to 1e-4; two Gauss
 * points are exact for a polynomial of third degree. */
#include "sample/step.h"

#include <math.h>

enum { ORDER = 4 };

/* Of the polynomial that is 1 at t[i-j] and 0 at the other last levels, over t[i]..t[i+1]. */
static double coefficient(const double *t, int i, int j, int order)
{
    const double middle = (t[i] + t[i + 1]) / 2, half = (t[i + 1] - t[i]) / 2;
    double sum = 0;
    for (int side = -1; side <= 1; side += 2) {
        const double at = middle + side * half / sqrt(3);
        double product = 1;
        for (int k = 0; k < order; k++) {
            if (k != j)
                product *= (at - t[i - k]) / (t[i - j] - t[i - k]);
        }
        sum += product;
    }
    return sum * half;
}

static rs_status lms_run(const rs_sampling *s, rs_err *err)
{
    const double *sigmas = s->plan->sigmas;
    float *denoised, *slopes[ORDER]; /* of step i: slopes[i % ORDER] */
    RS_TRY(rs_step_buffer(s, &denoised, err));
    for (int k = 0; k < ORDER; k++)
        RS_TRY(rs_step_buffer(s, &slopes[k], err));
    for (int i = 0; i < s->plan->n_steps; i++) {
        RS_TRY(rs_step_begin(s, i, s->x, sigmas[i], denoised, err));
        rs_step_mix(slopes[i % ORDER], 1 / sigmas[i], s->x, -1 / sigmas[i], denoised, s->n);
        const int order = i + 1 < ORDER ? i + 1 : ORDER;
        for (int j = 0; j < order; j++)
            rs_step_mix(s->x, 1, s->x, coefficient(sigmas, i, j, order), slopes[(i - j) % ORDER], s->n);
    }
    return RS_OK;
}

const rs_sampler rs_sampler_lms = {
    .name = "lms",
    .help = "linear multistep: the last four steps together, one model call a step",
    .scheduler = "uniform",
    .run = lms_run,
};
