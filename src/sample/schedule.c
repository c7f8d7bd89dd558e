#include "sample/schedule.h"

#include <math.h>

#include "restyle/img2img.h"
#include "sample/registry.h"

/* 0 at the first of n points, 1 at the last. */
static double ramp(int64_t i, int64_t n)
{
    return n > 1 ? (double)i / (double)(n - 1) : 0;
}

/* Evenly spaced timesteps (k-diffusion, DiscreteSchedule.get_sigmas). */
static double uniform_sigma(const rs_noise_levels *levels, int64_t i, int64_t n)
{
    return rs_t_to_sigma(levels, (levels->n - 1) * (1 - ramp(i, n)));
}

/* Karras et al. 2022, equation 5, with their rho of 7. */
static double karras_sigma(const rs_noise_levels *levels, int64_t i, int64_t n)
{
    const double rho = 7;
    const double high = pow(levels->sigmas[levels->n - 1], 1 / rho);
    const double low = pow(levels->sigmas[0], 1 / rho);
    return pow(high + ramp(i, n) * (low - high), rho);
}

static const rs_scheduler schedulers[] = {
    { "uniform", "evenly spaced timesteps", uniform_sigma },
    { "karras", "smaller steps where little noise is left (Karras et al. 2022)", karras_sigma },
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
