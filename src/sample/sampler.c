#include "sample/sampler.h"

#include "sample/registry.h"

static const rs_sampler *const samplers[] = {
    &rs_sampler_euler,
    &rs_sampler_euler_a,
    &rs_sampler_heun,
    &rs_sampler_lms,
    &rs_sampler_dpm2,
    &rs_sampler_dpm2_a,
    &rs_sampler_dpmpp_2s_a,
    &rs_sampler_dpmpp_2m,
    &rs_sampler_dpmpp_sde,
    &rs_sampler_dpmpp_2m_sde,
    &rs_sampler_dpmpp_2m_sde_heun,
    &rs_sampler_dpmpp_3m_sde,
    &rs_sampler_dpm_fast,
    &rs_sampler_dpm_adaptive,
    &rs_sampler_ddim,
    &rs_sampler_plms,
    &rs_sampler_unipc,
    &rs_sampler_lcm,
    &rs_sampler_tcd,
    &rs_sampler_restart,
};
enum { N_SAMPLERS = sizeof(samplers) / sizeof(samplers[0]) };

const char *rs_sampler_name(size_t i)
{
    return i < N_SAMPLERS ? samplers[i]->name : NULL;
}

const char *rs_sampler_help(size_t i)
{
    return i < N_SAMPLERS ? samplers[i]->help : NULL;
}

rs_status rs_sampler_find(const char *name, const rs_sampler **out, rs_err *err)
{
    size_t i;
    RS_TRY(rs_registry_find("sampler", rs_sampler_name, name, &i, err));
    *out = samplers[i];
    return RS_OK;
}

bool rs_sampler_draws(const rs_sampler *sampler, double eta, double s_churn)
{
    return (sampler->flags & RS_SAMPLER_NOISE) || ((sampler->flags & RS_SAMPLER_ETA) && eta > 0) ||
           ((sampler->flags & RS_SAMPLER_CHURN) && s_churn > 0);
}

void rs_sample_start(const rs_sample_plan *plan, float *x, const float *noise, size_t n)
{
    const float scale = (float)plan->start_scale;
    const float gain = (float)(plan->noise_multiplier * (plan->start_sigma + plan->extra_noise));
    for (size_t k = 0; k < n; k++)
        x[k] = scale * (x[k] + gain * noise[k]);
}

static rs_status run(rs_sampling *s, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    rs_brownian brownian;
    if ((plan->sampler->flags & RS_SAMPLER_BROWNIAN) && plan->eta > 0) {
        RS_TRY(rs_brownian_init(s->scratch, plan->low, plan->high, s->n, s->hooks->seeds,
                                s->hooks->n_pictures, s->hooks->seeded_noise, s->hooks->noise_cookie,
                                &brownian, err));
        s->brownian = &brownian;
    }
    RS_TRY(plan->sampler->run(s, err));
    const float scale = (float)plan->end_scale;
    for (size_t k = 0; scale != 1 && k < s->n; k++)
        s->x[k] *= scale;
    return RS_OK;
}

rs_status rs_sample_run(const rs_sample_plan *plan, const rs_sample_hooks *hooks, float *x, size_t n,
                        rs_arena *scratch, rs_err *err)
{
    if (plan->n_steps == 0)
        return RS_OK;
    const bool brownian = plan->sampler->flags & RS_SAMPLER_BROWNIAN;
    RS_BUG_IF(rs_sampler_draws(plan->sampler, plan->eta, plan->s_churn) &&
              (brownian ? !hooks->seeded_noise : !hooks->noise));
    rs_sampling s = { plan, hooks, x, n, scratch, NULL };
    const rs_arena_mark mark = rs_arena_save(scratch);
    const rs_status status = run(&s, err);
    rs_arena_rewind(scratch, mark);
    return status;
}
