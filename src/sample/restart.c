/* Restart sampling (Xu et al. 2023), as A1111's restart_sampler
 * (modules/sd_samplers_extra.py): Heun's method, which from 20 steps on goes back
 * from the level nearest to 0.1 up to the one nearest to 2 by adding noise, once,
 * or twice from 36 steps on. Those steps are taken from the others, so that their
 * number stays; the levels become Karras', between the schedule's ends. */
#include "sample/heun.h"

#include <math.h>

#include "base/mem.h"
#include "sample/schedule.h"

struct restart {
    int steps, times; /* of each return, and how many there are */
};

static struct restart choose(int n)
{
    if (n < 20)
        return (struct restart){ 0, 0 };
    return n < 36 ? (struct restart){ 9, 1 } : (struct restart){ n / 4, 2 };
}

static int nearest(const double *sigmas, int n, double wanted)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = fabs(sigmas[i] - wanted) < fabs(sigmas[best] - wanted) ? i : best;
    return best;
}

/* Steps as pairs of levels, from[i] down to to[i]. Where from[i] is above the last
 * level reached, noise is added first. Returns their number, at most n_steps. */
static int list_steps(const rs_sample_plan *plan, double *sigmas, double *from, double *to)
{
    const struct restart r = choose(plan->n_steps);
    const int n = plan->n_steps - r.steps * r.times; /* sigmas[n] is the end */
    const double high = plan->sigmas[0], low = plan->sigmas[plan->n_steps - 1];
    for (int i = 0; i < n; i++)
        sigmas[i] = r.times ? rs_karras_sigma(low, high, 7, i, n) : plan->sigmas[i];
    sigmas[n] = r.times ? 0 : plan->sigmas[plan->n_steps];
    const int bottom = nearest(sigmas, n + 1, 0.1), top = nearest(sigmas, n + 1, 2);
    int count = 0;
    for (int i = 0; i < n; i++) {
        from[count] = sigmas[i];
        to[count++] = sigmas[i + 1];
        if (i + 1 != bottom || top >= bottom)
            continue;
        for (int k = 0; k < r.times * r.steps; k++) {
            const int j = k % r.steps;
            from[count] = j > 0 ? to[count - 1] : sigmas[top];
            to[count++] = j + 1 < r.steps
                              ? rs_karras_sigma(sigmas[bottom], sigmas[top], 7, j + 1, r.steps + 1)
                              : sigmas[bottom];
        }
    }
    return count;
}

static rs_status restart_run(const rs_sampling *s, rs_err *err)
{
    const int n = s->plan->n_steps;
    double *sigmas = RS_NEW_N(s->scratch, double, (size_t)n + 1);
    double *from = RS_NEW_N(s->scratch, double, (size_t)n), *to = RS_NEW_N(s->scratch, double, (size_t)n);
    rs_heun h;
    if (!sigmas || !from || !to)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d steps", n);
    RS_TRY(rs_heun_init(s, &h, err));
    const int count = list_steps(s->plan, sigmas, from, to);
    for (int i = 0; i < count; i++) {
        const double last = i > 0 ? to[i - 1] : from[i];
        if (last < from[i])
            rs_step_add_noise(s, s->plan->s_noise * sqrt(from[i] * from[i] - last * last), from[i],
                              to[i], h.ahead);
        RS_TRY(rs_heun_step(s, &h, i, from[i], to[i], err));
    }
    return RS_OK;
}

const rs_sampler rs_sampler_restart = {
    .name = "restart",
    .help = "Heun's method that goes back to more noise once or twice, from 20 executed steps on; two "
            "model calls a step",
    .scheduler = "karras",
    .flags = RS_SAMPLER_S_NOISE | RS_SAMPLER_NOISE | RS_SAMPLER_SECOND_ORDER,
    .run = restart_run,
};
