#include "sample/denoise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static float *latents(rs_arena *arena, size_t batch, size_t n)
{
    size_t values, bytes;
    if (!rs_mul_size(batch, n, &values) || !rs_mul_size(values, sizeof(float), &bytes))
        return NULL;
    return rs_arena_alloc(arena, bytes);
}

int rs_denoiser_batch(float cfg_scale, float first_weight, int n_prompts)
{
    const bool alone = n_prompts == 1 && cfg_scale * first_weight == 1.0f;
    return n_prompts + (alone ? 0 : 1);
}

rs_status rs_denoiser_init(rs_arena *arena, const rs_noise_levels *levels, float cfg_scale,
                           const float *weights, int n_prompts, size_t n, rs_predict_fn predict,
                           void *cookie, rs_denoiser *out, rs_err *err)
{
    if (!isfinite(cfg_scale))
        return RS_FAIL(err, RS_E_RANGE, "cfg_scale is %g, expected a finite number", (double)cfg_scale);
    const int batch = rs_denoiser_batch(cfg_scale, weights[0], n_prompts);
    float *in = latents(arena, (size_t)batch, n), *raw = latents(arena, (size_t)batch, n);
    if (!in || !raw)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d latents of %zu values", batch, n);
    *out = (rs_denoiser){ levels, cfg_scale, weights, n_prompts, batch, n, predict, cookie, in, raw };
    return RS_OK;
}

/* The network learned on inputs of variance 1: [n] -> [batch, n]. */
static void scale_input(const rs_denoiser *d, const float *x, double sigma)
{
    const float scale = (float)(1 / sqrt(1 + sigma * sigma));
    for (size_t k = 0; k < d->n; k++)
        d->in[k] = scale * x[k];
    for (int i = 1; i < d->batch; i++)
        memcpy(d->in + (size_t)i * d->n, d->in, d->n * sizeof(float));
}

/* Value k of the guided prediction. */
static float guide(const rs_denoiser *d, size_t k)
{
    if (d->batch == d->n_prompts)
        return d->out[k];
    const float uncond = d->out[(size_t)d->n_prompts * d->n + k];
    float guided = uncond;
    for (int i = 0; i < d->n_prompts; i++)
        guided += d->weights[i] * d->cfg_scale * (d->out[(size_t)i * d->n + k] - uncond);
    return guided;
}

rs_status rs_denoiser_run(void *denoiser, const float *x, double sigma, float *denoised, rs_err *err)
{
    const rs_denoiser *d = denoiser;
    scale_input(d, x, sigma);
    const float t = (float)rs_sigma_to_t(d->levels, sigma);
    RS_TRY(d->predict(d->cookie, d->in, d->batch, t, d->out, err));
    /* epsilon: x0 = x - sigma e; v: x0 = x / (1 + sigma^2) - v sigma / sqrt(1 + sigma^2) */
    const bool v = d->levels->prediction == RS_PREDICT_V;
    const float skip = v ? (float)(1 / (1 + sigma * sigma)) : 1.0f;
    const float gain = (float)(v ? sigma / sqrt(1 + sigma * sigma) : sigma);
    for (size_t k = 0; k < d->n; k++)
        denoised[k] = skip * x[k] - gain * guide(d, k);
    return RS_OK;
}
