/* The schedules of k-diffusion (sampling.py) and of A1111 since 1.9
 * (modules/sd_schedulers.py). "Row" is a model's noise level counted as in
 * levels.h: the timestep, when the table is not thinned. */
#include "sample/schedule.h"

#include <math.h>

#include "restyle/img2img.h"
#include "sample/beta_cdf.h"
#include "sample/registry.h"
#include "sample/spacing.h"

/* 0 at the first of n points, 1 at the last. */
static double ramp(int64_t i, int64_t n)
{
    return n > 1 ? (double)i / (double)(n - 1) : 0;
}

static double between(double from, double to, double share)
{
    return from + share * (to - from);
}

static double high_row(const rs_schedule *s)
{
    return rs_sigma_to_row(s->levels, s->high);
}

static double low_row(const rs_schedule *s)
{
    return rs_sigma_to_row(s->levels, s->low);
}

/* DiscreteSchedule.get_sigmas */
static double uniform_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return rs_row_to_sigma(s->levels, (s->levels->n - 1) * (1 - ramp(i, n)));
}

double rs_karras_sigma(double low, double high, double rho, int64_t i, int64_t n)
{
    return pow(between(pow(high, 1 / rho), pow(low, 1 / rho), ramp(i, n)), rho);
}

static double karras_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return rs_karras_sigma(s->low, s->high, s->rho > 0 ? s->rho : 7, i, n);
}

static double exponential_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return exp(between(log(s->high), log(s->low), ramp(i, n)));
}

static double polyexponential_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    const double share = pow(1 - ramp(i, n), s->rho > 0 ? s->rho : 1);
    return exp(between(log(s->low), log(s->high), share));
}

static double sgm_uniform_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return rs_row_to_sigma(s->levels, between(high_row(s), low_row(s), (double)i / (double)n));
}

static double normal_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return rs_row_to_sigma(s->levels, between(high_row(s), low_row(s), ramp(i, n)));
}

static double simple_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    const double every = (double)s->levels->n / (double)n;
    return s->levels->sigmas[s->levels->n - 1 - (int)((double)i * every)];
}

/* Rows 1, 1 + every, ... up to the last. */
static int64_t ddim_every(const rs_schedule *s, int64_t n)
{
    return s->levels->n / n > 1 ? s->levels->n / n : 1;
}

static int64_t ddim_count(const rs_schedule *s, int64_t n)
{
    const int64_t every = ddim_every(s, n);
    return (s->levels->n - 2) / every + 1;
}

static double ddim_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return s->levels->sigmas[1 + (ddim_count(s, n) - 1 - i) * ddim_every(s, n)];
}

/* Lee et al. 2024, "Beta Sampling is All You Need": rows at even quantiles of a beta
 * distribution, rounded. */
static double beta_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    const double quantile = 1 - (double)i / (double)n;
    return s->levels->sigmas[rs_beta_quantile(s->cdf, s->levels->n, quantile)];
}

/* Levels given as a list, at even places along it, log sigma between them. */
static double along(const float *list, size_t n_list, double share)
{
    const double at = share * (double)(n_list - 1);
    const size_t k = (size_t)at;
    if (k + 1 >= n_list)
        return (double)list[n_list - 1];
    const double rest = at - (double)k;
    if (rest == 0)
        return (double)list[k];
    return exp(between(log((double)list[k]), log((double)list[k + 1]), rest));
}

/* Sabour et al. 2024, "Align Your Steps": their ten steps for SD 1.5. */
static double ays_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    static const float list[] = { 14.615f, 6.475f, 3.861f, 2.697f, 1.886f, 1.396f,
                                  0.963f,  0.652f, 0.399f, 0.152f, 0.029f };
    (void)s;
    return along(list, sizeof(list) / sizeof(list[0]), ramp(i, n));
}

static double explicit_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return along(s->sigmas, s->n_sigmas, ramp(i, n));
}

/* Evenly spaced angles, which is optimal for the bound of Sabour et al. 2024 (their
 * appendix) as ComfyUI spaces them; A1111 spaces n + 1, see quirk.h. */
static double kl_optimal_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return tan(between(atan(s->high), atan(s->low), ramp(i, n)));
}

static double diffusers_sigma(const rs_schedule *s, int64_t i, int64_t n)
{
    return rs_spaced_sigma(s->levels, rs_spacing_of(s->sampler), i, n);
}

static const rs_scheduler schedulers[] = {
    { "automatic", "the sampler's own, as A1111 since 1.9 chooses", RS_SCHEDULER_AUTO, NULL, NULL },
    { "uniform", "evenly spaced timesteps", 0, uniform_sigma, NULL },
    { "karras", "smaller steps where little noise is left (Karras et al. 2022)",
      RS_SCHEDULER_RHO | RS_SCHEDULER_ENDS, karras_sigma, NULL },
    { "exponential", "evenly spaced in the logarithm of the noise", RS_SCHEDULER_ENDS,
      exponential_sigma, NULL },
    { "polyexponential", "as exponential, bent by rho", RS_SCHEDULER_RHO | RS_SCHEDULER_ENDS,
      polyexponential_sigma, NULL },
    { "sgm_uniform", "evenly spaced timesteps that stop one step before the last, for few steps",
      RS_SCHEDULER_ENDS, sgm_uniform_sigma, NULL },
    { "simple", "every n-th of the model's levels, from the largest", 0, simple_sigma, NULL },
    { "normal", "evenly spaced timesteps between sigma_max and sigma_min", RS_SCHEDULER_ENDS,
      normal_sigma, NULL },
    { "ddim", "every n-th of the model's levels, from the second smallest; may give a step more", 0,
      ddim_sigma, ddim_count },
    { "beta", "more steps at both ends (Lee et al. 2024)", RS_SCHEDULER_BETA, beta_sigma, NULL },
    { "align_your_steps", "levels optimised for SD 1.5 (Sabour et al. 2024)", 0, ays_sigma, NULL },
    { "kl_optimal", "evenly spaced angles (Sabour et al. 2024)",
      RS_SCHEDULER_ENDS | RS_SCHEDULER_A1111_END, kl_optimal_sigma, NULL },
    { "diffusers", "timesteps as diffusers spaces them for this sampler, by the model's "
                   "scheduler_config.json", RS_SCHEDULER_DIFFUSERS, diffusers_sigma, NULL },
    { "explicit", "the levels of `sigmas`", RS_SCHEDULER_EXPLICIT, explicit_sigma, NULL },
};
enum { N_SCHEDULERS = sizeof(schedulers) / sizeof(schedulers[0]) };

const char *rs_scheduler_name(size_t i)
{
    return i < N_SCHEDULERS ? schedulers[i].name : NULL;
}

const char *rs_scheduler_help(size_t i)
{
    return i < N_SCHEDULERS ? schedulers[i].help : NULL;
}

rs_status rs_scheduler_find(const char *name, const rs_scheduler **out, rs_err *err)
{
    size_t i;
    RS_TRY(rs_registry_find("scheduler", rs_scheduler_name, name, &i, err));
    *out = &schedulers[i];
    return RS_OK;
}

static rs_status take_ends(const rs_noise_levels *levels, const rs_sampling_params *p, rs_schedule *s,
                           rs_err *err)
{
    if (p->sigma_min > 0)
        s->low = (double)p->sigma_min;
    if (p->sigma_max > 0)
        s->high = (double)p->sigma_max;
    if (s->low < s->high && isfinite(s->high))
        return RS_OK;
    return RS_FAIL(err, RS_E_RANGE, "sigma_min is %g and sigma_max %g, expected a smaller and a larger one; "
                   "the model's own are %g and %g", s->low, s->high, levels->sigmas[0],
                   levels->sigmas[levels->n - 1]);
}

/* A 0 at the end of the list is what every run ends with anyway. */
static rs_status take_list(const rs_sampling_params *p, rs_schedule *s, rs_err *err)
{
    s->sigmas = p->sigmas.at;
    s->n_sigmas = p->sigmas.n;
    if (s->n_sigmas > 0 && s->sigmas[s->n_sigmas - 1] == 0)
        s->n_sigmas--;
    if (s->n_sigmas == 0)
        return RS_FAIL(err, RS_E_RANGE, "scheduler explicit needs levels: list them in `sigmas`");
    for (size_t k = 0; k < s->n_sigmas; k++) {
        const float here = s->sigmas[k];
        if (!(here > 0 && isfinite(here)) || (k > 0 && here >= s->sigmas[k - 1]))
            return RS_FAIL(err, RS_E_RANGE, "sigmas[%zu] is %g, expected positive numbers, each smaller than "
                           "the one before", k, (double)here);
    }
    return RS_OK;
}

rs_status rs_schedule_init(rs_arena *arena, const rs_scheduler *scheduler, const rs_noise_levels *levels,
                           const rs_sampling_params *params, rs_schedule *out, rs_err *err)
{
    rs_schedule s = { .levels = levels, .low = levels->sigmas[0], .high = levels->sigmas[levels->n - 1] };
    if (scheduler->flags & RS_SCHEDULER_ENDS)
        RS_TRY(take_ends(levels, params, &s, err));
    if (scheduler->flags & RS_SCHEDULER_RHO)
        s.rho = (double)params->rho;
    if (scheduler->flags & RS_SCHEDULER_EXPLICIT)
        RS_TRY(take_list(params, &s, err));
    if (scheduler->flags & RS_SCHEDULER_BETA)
        RS_TRY(rs_beta_table(arena, (double)params->beta_alpha, (double)params->beta_beta, levels->n,
                             &s.cdf, err));
    *out = s;
    return RS_OK;
}
