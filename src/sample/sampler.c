#include "sample/sampler.h"

#include "base/mem.h"
#include "sample/registry.h"

static const rs_sampler *const samplers[] = {
    &rs_sampler_euler,
    &rs_sampler_euler_a,
    &rs_sampler_dpmpp_2m,
    &rs_sampler_ddim,
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

rs_status rs_sampling_buffer(const rs_sampling *s, float **out, rs_err *err)
{
    size_t bytes;
    float *p = NULL;
    if (rs_mul_size(s->n, sizeof(float), &bytes))
        p = rs_arena_alloc(s->scratch, bytes);
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for a latent of %zu values", s->n);
    *out = p;
    return RS_OK;
}

rs_status rs_sampling_denoise(const rs_sampling *s, int i, float *denoised, rs_err *err)
{
    const rs_sample_hooks *h = s->hooks;
    const int n_steps = s->plan->n_steps;
    if (h->progress && h->progress->step && !h->progress->step(h->progress->cookie, i, n_steps))
        return RS_FAIL(err, RS_E_CANCELLED, "stopped before step %d of %d", i + 1, n_steps);
    return h->denoise(h->denoise_cookie, s->x, s->plan->sigmas[i], denoised, err);
}

rs_status rs_sample_run(const rs_sample_plan *plan, const rs_sample_hooks *hooks, float *x, size_t n,
                        rs_arena *scratch, rs_err *err)
{
    RS_BUG_IF(plan->eta > 0 && !hooks->noise);
    const rs_sampling s = { plan, hooks, x, n, scratch };
    const rs_arena_mark mark = rs_arena_save(scratch);
    const rs_status status = plan->sampler->run(&s, err);
    rs_arena_rewind(scratch, mark);
    return status;
}
