#include "sample/spacing.h"

#include <math.h>

rs_spacing_class rs_spacing_of(const rs_sampler *sampler)
{
    const bool strides = sampler->flags & RS_SAMPLER_STRIDES;
    return (rs_spacing_class){ strides || (sampler->flags & RS_SAMPLER_ONE_MORE),
                               strides ? RS_SPACING_LEADING : RS_SPACING_LINSPACE };
}

static rs_spacing spacing_of(const rs_noise_levels *levels, rs_spacing_class of)
{
    const rs_spacing said = levels->timesteps.spacing;
    return said != RS_SPACING_OWN ? said : of.own;
}

bool rs_spacing_discards(const rs_noise_levels *levels, const rs_sampler *sampler)
{
    return (sampler->flags & RS_SAMPLER_ONE_MORE) &&
           spacing_of(levels, rs_spacing_of(sampler)) != RS_SPACING_TRAILING;
}

/* May lie outside the model's by offset, or by n larger than their number. */
static double timestep(const rs_noise_levels *levels, rs_spacing_class of, int64_t i, int64_t n)
{
    const double all = levels->n;
    switch (spacing_of(levels, of)) {
    case RS_SPACING_TRAILING:
        return rint(all - (double)i * (all / (double)n)) - 1;
    case RS_SPACING_LINSPACE: {
        const double t = n > 1 ? (double)(n - 1 - i) * ((all - 1) / (double)(n - 1)) : 0;
        return of.whole ? rint(t) : t;
    }
    default:
        return (double)((n - 1 - i) * (levels->n / n) + levels->timesteps.offset);
    }
}

static double sigma_at(const rs_noise_levels *levels, double t)
{
    const double clamped = fmin(fmax(t, 0), levels->n - 1);
    const int low = (int)clamped, high = low + 1 < levels->n ? low + 1 : low;
    const double share = clamped - low;
    return (1 - share) * levels->sigmas[low] + share * levels->sigmas[high];
}

double rs_spaced_sigma(const rs_noise_levels *levels, rs_spacing_class of, int64_t i, int64_t n)
{
    return sigma_at(levels, timestep(levels, of, i, n));
}

/* Where a step from timestep t leads. */
static double landing(const rs_sample_plan *plan, double t, int64_t stride)
{
    const rs_last_alpha said = plan->levels->timesteps.last_alpha;
    const bool pndm = plan->sampler->flags & RS_SAMPLER_REPEATS;
    const bool one = said == RS_LAST_ALPHA_OWN ? !pndm : said == RS_LAST_ALPHA_ONE;
    if (t - (double)stride >= 0)
        return sigma_at(plan->levels, t - (double)stride);
    return one ? 0 : plan->levels->sigmas[0];
}

/* Timestep k of the whole list of a run. */
static double listed(const rs_sample_plan *plan, int64_t k, int64_t n)
{
    const bool again = (plan->sampler->flags & RS_SAMPLER_REPEATS) && n > 1 && k > 1;
    return timestep(plan->levels, rs_spacing_of(plan->sampler), again ? k - 1 : k, n);
}

rs_status rs_plan_diffusers_strides(rs_arena *arena, rs_step_range range, rs_sample_plan *plan, rs_err *err)
{
    const bool repeats = (plan->sampler->flags & RS_SAMPLER_REPEATS) && range.total > 1;
    const int64_t first = range.total - range.n_steps, stride = plan->levels->n / range.total;
    const int n = range.n_steps + repeats;
    double *sigmas = RS_NEW_N(arena, double, (size_t)n + 1), *targets = RS_NEW_N(arena, double, (size_t)n);
    if (!sigmas || !targets)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d steps", n);
    for (int i = 0; i < n; i++) {
        const double t = listed(plan, first + i, range.total);
        sigmas[i] = sigma_at(plan->levels, t);
        targets[i] = landing(plan, t, stride);
        if (repeats && i == 1) { /* the first step once more, from where it began */
            plan->again_sigma = sigma_at(plan->levels, t + (double)stride);
            targets[i] = sigmas[i];
        }
    }
    sigmas[n] = targets[n - 1];
    plan->n_steps = n;
    plan->sigmas = sigmas;
    plan->targets = targets;
    plan->start_sigma = plan->high = sigmas[0];
    plan->low = sigmas[n - 1];
    plan->end_scale = 1 / sqrt(1 + sigmas[n] * sigmas[n]);
    return RS_OK;
}
