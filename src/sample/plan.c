#include "sample/plan.h"

#include <math.h>

#include "sample/schedule.h"

/* The decimal of at most seven places that rounds to this float, as a person
 * wrote it; the float itself when there is none. Within 0..1 there is at most
 * one, since floats lie closer together than such decimals. */
static double as_written(float strength)
{
    const double decimal = round((double)strength * 1e7) / 1e7;
    return (float)decimal == strength ? decimal : (double)strength;
}

static bool strength_is_valid(float strength)
{
    return strength >= 0 && strength <= 1;
}

static bool steps_are_valid(int steps)
{
    return steps >= 1 && steps <= RS_MAX_STEPS;
}

rs_step_range rs_step_rule(rs_steps_mode mode, float strength, int steps)
{
    const double most = 1e9; /* points; more do not change their last ones */
    if (!strength_is_valid(strength) || !steps_are_valid(steps) || strength == 0)
        return (rs_step_range){ 0, 0 };
    const double s = as_written(strength), below_one = fmin(s, 0.999);
    switch (mode) {
    case RS_STEPS_A1111:
        return (rs_step_range){ steps, (int)(below_one * steps) + 1 };
    case RS_STEPS_EXACT:
        return (rs_step_range){ (int64_t)fmin(steps / below_one, most), steps };
    case RS_STEPS_DIFFUSERS:
        return (rs_step_range){ steps, (int)(steps * s) };
    }
    return (rs_step_range){ 0, 0 };
}

static rs_status check_numbers(const rs_img2img_params *p, rs_err *err)
{
    if (!strength_is_valid(p->strength))
        return RS_FAIL(err, RS_E_RANGE, "strength is %g, expected 0 to 1", (double)p->strength);
    if (!steps_are_valid(p->steps))
        return RS_FAIL(err, RS_E_RANGE, "steps is %d, expected 1 to %d", p->steps, RS_MAX_STEPS);
    if (p->steps_mode != RS_STEPS_A1111 && p->steps_mode != RS_STEPS_EXACT &&
        p->steps_mode != RS_STEPS_DIFFUSERS)
        return RS_FAIL(err, RS_E_INVALID, "unknown steps mode %d", (int)p->steps_mode);
    if (!isfinite(p->eta))
        return RS_FAIL(err, RS_E_RANGE, "eta is %g, expected a finite number", (double)p->eta);
    return RS_OK;
}

static double choose_eta(const rs_sampler *sampler, float eta)
{
    if (!sampler->uses_eta)
        return 0;
    return eta < 0 ? sampler->default_eta : (double)eta;
}

rs_status rs_sample_plan_init(rs_arena *arena, const rs_noise_levels *levels,
                              const rs_img2img_params *params, rs_sample_plan *out, rs_err *err)
{
    const rs_sampler *sampler;
    const rs_scheduler *scheduler;
    RS_TRY(check_numbers(params, err));
    RS_TRY(rs_sampler_find(params->sampler, &sampler, err));
    RS_TRY(rs_scheduler_find(params->scheduler, &scheduler, err));
    const rs_step_range range = rs_step_rule(params->steps_mode, params->strength, params->steps);
    const int n = range.n_steps;
    double *sigmas = RS_NEW_N(arena, double, (size_t)n + 1); /* zeroed, and so the last is 0 */
    if (!sigmas)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d steps", n);
    for (int i = 0; i < n; i++)
        sigmas[i] = scheduler->sigma(levels, range.total - n + i, range.total);
    *out = (rs_sample_plan){ sampler, choose_eta(sampler, params->eta), n, sigmas };
    return RS_OK;
}
