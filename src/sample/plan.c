#include "sample/plan.h"

#include <math.h>

#include "sample/quirk.h"
#include "sample/schedule.h"
#include "sample/spacing.h"

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
    case RS_STEPS_SDCPP: {
        const int n = (int)((float)steps * strength) + 1;
        return (rs_step_range){ steps, n < steps ? n : steps };
    }
    }
    return (rs_step_range){ 0, 0 };
}

static rs_status check_share(const char *name, float value, float most, rs_err *err)
{
    if (value >= 0 && value <= most)
        return RS_OK;
    return RS_FAIL(err, RS_E_RANGE, "%s is %g, expected 0 to %g", name, (double)value, (double)most);
}

static rs_status check_noise(const rs_sampling_params *p, rs_err *err)
{
    const float most = 1e6f;
    RS_TRY(check_share("rho", p->rho, most, err));
    RS_TRY(check_share("sigma_min", p->sigma_min, most, err));
    RS_TRY(check_share("sigma_max", p->sigma_max, most, err));
    RS_TRY(check_share("s_churn", p->s_churn, most, err));
    RS_TRY(check_share("s_tmin", p->s_tmin, most, err));
    RS_TRY(check_share("s_tmax", p->s_tmax, most, err));
    RS_TRY(check_share("s_noise", p->s_noise, most, err));
    RS_TRY(check_share("noise_multiplier", p->noise_multiplier, most, err));
    RS_TRY(check_share("extra_noise", p->extra_noise, most, err));
    if (p->unipc_order < 0 || p->unipc_order > 3)
        return RS_FAIL(err, RS_E_RANGE, "unipc_order is %d, expected 1 to 3, or 0 for auto", p->unipc_order);
    return RS_OK;
}

static rs_status check_numbers(const rs_img2img_params *p, rs_err *err)
{
    if (!strength_is_valid(p->strength))
        return RS_FAIL(err, RS_E_RANGE, "strength is %g, expected 0 to 1", (double)p->strength);
    if (!steps_are_valid(p->steps))
        return RS_FAIL(err, RS_E_RANGE, "steps is %d, expected 1 to %d", p->steps, RS_MAX_STEPS);
    if (p->steps_mode != RS_STEPS_A1111 && p->steps_mode != RS_STEPS_EXACT &&
        p->steps_mode != RS_STEPS_DIFFUSERS && p->steps_mode != RS_STEPS_SDCPP)
        return RS_FAIL(err, RS_E_INVALID, "unknown steps mode %d", (int)p->steps_mode);
    if (!isfinite(p->eta))
        return RS_FAIL(err, RS_E_RANGE, "eta is %g, expected a finite number", (double)p->eta);
    return check_noise(&p->sampling, err);
}

/* What the sampler takes; the rest stays at what does nothing. */
static void take_controls(const rs_img2img_params *params, const rs_scheduler *scheduler,
                          rs_sample_plan *plan)
{
    const rs_sampling_params *p = &params->sampling;
    const rs_sampler *sampler = plan->sampler;
    plan->s_noise = 1;
    plan->s_tmax = HUGE_VAL;
    if (sampler->flags & RS_SAMPLER_ETA)
        plan->eta = params->eta < 0 ? sampler->default_eta : (double)params->eta;
    if (sampler->flags & RS_SAMPLER_S_NOISE)
        plan->s_noise = (double)p->s_noise;
    if (sampler->flags & RS_SAMPLER_CHURN) {
        plan->s_churn = (double)p->s_churn;
        plan->s_tmin = (double)p->s_tmin;
        plan->s_tmax = p->s_tmax > 0 ? (double)p->s_tmax : HUGE_VAL;
    }
    const bool diffusers = scheduler->flags & RS_SCHEDULER_DIFFUSERS;
    plan->unipc_order = p->unipc_order ? p->unipc_order : diffusers ? 2 : 3;
    plan->unipc_variant = p->unipc_variant ? p->unipc_variant : diffusers ? RS_UNIPC_BH2 : RS_UNIPC_BH1;
    plan->unipc_skip = p->unipc_skip_type;
    plan->unipc_full_order = !p->unipc_lower_order_final;
    plan->start_scale = plan->end_scale = 1;
    plan->noise_multiplier = (double)p->noise_multiplier;
    plan->extra_noise = (double)p->extra_noise;
}

static rs_status find_scheduler(const rs_img2img_params *params, const rs_sampler *sampler,
                                const rs_scheduler **out, rs_err *err)
{
    RS_TRY(rs_scheduler_find(params->scheduler, out, err));
    return (*out)->flags & RS_SCHEDULER_AUTO ? rs_scheduler_find(sampler->scheduler, out, err) : RS_OK;
}

static bool discards(const rs_sample_plan *plan, const rs_scheduler *scheduler,
                     const rs_sampling_params *params)
{
    const rs_discard discard = params->discard_next_to_last_sigma;
    const unsigned flags = plan->sampler->flags;
    if (discard != RS_DISCARD_AUTO)
        return discard == RS_DISCARD_ALWAYS;
    if (params->comfyui_noise)
        return (flags & RS_SAMPLER_UNIPC) || ((flags & RS_SAMPLER_DISCARD) && !(flags & RS_SAMPLER_BROWNIAN));
    if (scheduler->flags & RS_SCHEDULER_DIFFUSERS)
        return rs_spacing_discards(plan->levels, plan->sampler);
    return flags & RS_SAMPLER_DISCARD;
}

/* The levels of a whole schedule, of which range is run. A1111 cuts the list of
 * levels, however many there are, behind its first total - n_steps
 * (modules/sd_samplers_kdiffusion.py, sample_img2img and get_sigmas). */
static rs_status make_sigmas(rs_arena *arena, const rs_scheduler *scheduler, const rs_schedule *schedule,
                             rs_step_range range, bool discard, bool end, rs_sample_plan *plan, rs_err *err)
{
    const int64_t skip = range.total - range.n_steps, asked = range.total + discard + end;
    const int64_t n = scheduler->count ? scheduler->count(schedule, asked) : asked;
    int64_t first = 0;
    if (n > RS_MAX_STEPS) /* such a list is not made in full */
        first = skip < n - 1 ? skip : n - 1;
    double *list = RS_NEW_N(arena, double, (size_t)(n - first) + 1); /* zeroed, and so the last is 0 */
    if (!list)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d steps", range.n_steps);
    int64_t kept = 0;
    for (int64_t i = first; i < n; i++) {
        const double sigma = scheduler->sigma(schedule, i, asked);
        if (!isfinite(sigma))
            return RS_FAIL(err, RS_E_RANGE, "scheduler %s makes levels that are not finite: take a rho "
                           "nearer to 1", scheduler->name);
        if (kept == 0 || sigma < list[kept - 1])
            list[kept++] = sigma;
    }
    int64_t last = end ? kept - 1 : kept; /* where the end is */
    plan->high = scheduler->sigma(schedule, 0, asked);
    if (discard && last > 1) {
        list[last - 1] = list[last];
        last--;
    }
    if (last < 1)
        return RS_FAIL(err, RS_E_RANGE, "the schedule has no two different levels: raise steps");
    plan->low = list[last] > 0 ? list[last] : list[last - 1];
    const int64_t at = skip - first < last ? skip - first : last - 1;
    plan->sigmas = list + at;
    plan->n_steps = (int)(last - at);
    plan->start_sigma = list[at];
    return RS_OK;
}

static void start_as_comfyui(rs_step_range range, rs_sample_plan *plan)
{
    const int more = plan->n_steps > range.n_steps ? plan->n_steps - range.n_steps : 0;
    const double largest = plan->levels->sigmas[plan->levels->n - 1];
    plan->sigmas += more;
    plan->n_steps -= more;
    plan->high = plan->start_sigma = plan->sigmas[0];
    if (plan->high >= largest * (1 - 1e-5)) /* max_denoise */
        plan->start_sigma = sqrt(1 + plan->high * plan->high);
}

/* Levels of its own for a plan whose network sees whole timesteps only. */
static rs_status change_levels(rs_arena *arena, const rs_img2img_params *params, rs_sample_plan *plan,
                               rs_err *err)
{
    const bool thin = plan->sampler->flags & RS_SAMPLER_THIN;
    if (!thin && !params->sampling.quantize_timesteps)
        return RS_OK;
    rs_noise_levels *own = RS_NEW(arena, rs_noise_levels);
    if (!own)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for noise levels");
    *own = *plan->levels;
    own->whole = true;
    if (thin)
        RS_TRY(rs_noise_levels_thin(arena, plan->levels, own, err));
    plan->levels = own;
    return RS_OK;
}

rs_status rs_sample_plan_init(rs_arena *arena, const rs_noise_levels *levels,
                              const rs_img2img_params *params, rs_sample_plan *out, rs_err *err)
{
    rs_sample_plan plan = { .levels = levels };
    const rs_scheduler *scheduler;
    rs_schedule schedule;
    RS_TRY(check_numbers(params, err));
    RS_TRY(rs_sampler_find(params->sampler, &plan.sampler, err));
    RS_TRY(find_scheduler(params, plan.sampler, &scheduler, err));
    take_controls(params, scheduler, &plan);
    RS_TRY(change_levels(arena, params, &plan, err));
    RS_TRY(rs_schedule_init(arena, scheduler, plan.levels, &params->sampling, &schedule, err));
    schedule.sampler = plan.sampler;
    const rs_step_range range = rs_step_rule(params->steps_mode, params->strength, params->steps);
    const bool quirk = params->sampling.a1111_steps;
    if (range.n_steps > 0 && quirk && (plan.sampler->flags & RS_SAMPLER_TIMESTEPS))
        RS_TRY(rs_plan_a1111_timesteps(arena, range, &plan, err));
    else if (range.n_steps > 0 && (scheduler->flags & RS_SCHEDULER_DIFFUSERS) &&
             (plan.sampler->flags & RS_SAMPLER_STRIDES))
        RS_TRY(rs_plan_diffusers_strides(arena, range, &plan, err));
    else if (range.n_steps > 0)
        RS_TRY(make_sigmas(arena, scheduler, &schedule, range,
                           discards(&plan, scheduler, &params->sampling),
                           quirk && (scheduler->flags & RS_SCHEDULER_A1111_END), &plan, err));
    if (plan.n_steps > 0 && params->sampling.comfyui_noise)
        start_as_comfyui(range, &plan);
    *out = plan;
    return RS_OK;
}
