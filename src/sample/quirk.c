#include "sample/quirk.h"

#include <math.h>

static double alpha_of(double sigma)
{
    return 1 / (1 + sigma * sigma);
}

/* get_time_steps of uni_pc.py, whose times are (timestep + 1) / n: the timestep of step i
 * of n, from `first` to 0. */
static double unipc_timestep(const rs_noise_levels *levels, rs_unipc_skip skip, int64_t first, int i, int n)
{
    if (skip == RS_UNIPC_TIME_UNIFORM)
        return (double)first * (n - i) / n;
    const double all = levels->n, from = sqrt((double)(first + 1) / all), to = sqrt(1 / all);
    const double root = from + (to - from) * i / n;
    return fmax(root * root * all - 1, 0);
}

/* uni_pc.py interpolates log alpha, not log sigma, between timesteps. */
static double sigma_between(const rs_noise_levels *levels, double t)
{
    const int low = (int)t < levels->n - 1 ? (int)t : levels->n - 2;
    const double share = t - low;
    const double log_alpha = (1 - share) * log(alpha_of(levels->sigmas[low])) +
                             share * log(alpha_of(levels->sigmas[low + 1]));
    return sqrt(expm1(-log_alpha));
}

static double unipc_sigma(const rs_noise_levels *levels, rs_unipc_skip skip, int64_t first, int i, int n)
{
    if (skip == RS_UNIPC_LOG_SNR)
        return exp(levels->log_sigmas[first] + (levels->log_sigmas[0] - levels->log_sigmas[first]) * i / n);
    return sigma_between(levels, unipc_timestep(levels, skip, first, i, n));
}

rs_status rs_plan_a1111_timesteps(rs_arena *arena, rs_step_range range, rs_sample_plan *plan, rs_err *err)
{
    const rs_noise_levels *levels = plan->levels;
    const bool unipc = plan->sampler->flags & RS_SAMPLER_UNIPC;
    const int encode = range.n_steps - 1, n = unipc ? encode : encode - 1;
    const int least = unipc ? plan->unipc_order : 1;
    if (n < least || range.total > levels->n)
        return RS_FAIL(err, RS_E_RANGE, "A1111's %s makes %d steps here, expected at least %d: raise steps "
                       "or strength", plan->sampler->name, n, least);
    const int64_t every = levels->n / range.total;
    double *sigmas = RS_NEW_N(arena, double, (size_t)n + 1);
    if (!sigmas)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d steps", n);
    const int64_t first = 1 + (encode - 1) * every, above = 1 + encode * every;
    for (int i = 0; i <= n; i++)
        sigmas[i] = unipc ? unipc_sigma(levels, plan->unipc_skip, first, i, n)
                          : levels->sigmas[first - i * every];
    plan->n_steps = n;
    plan->sigmas = sigmas;
    plan->start_sigma = levels->sigmas[above < levels->n ? above : levels->n - 1];
    plan->start_scale = sqrt(alpha_of(plan->start_sigma) / alpha_of(sigmas[0]));
    plan->end_scale = sqrt(alpha_of(sigmas[n]));
    return RS_OK;
}
