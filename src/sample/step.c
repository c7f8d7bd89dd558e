#include "sample/step.h"

#include <math.h>

#include "base/mem.h"

rs_status rs_step_buffer(const rs_sampling *s, float **out, rs_err *err)
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

rs_status rs_step_begin(const rs_sampling *s, int i, const float *x, double sigma, float *denoised,
                        rs_err *err)
{
    const rs_progress *progress = s->hooks->progress;
    const int n_steps = s->plan->n_steps;
    if (progress && progress->step && !progress->step(progress->cookie, i, n_steps))
        return RS_FAIL(err, RS_E_CANCELLED, "stopped before step %d of %d", i + 1, n_steps);
    return rs_step_denoise(s, x, sigma, denoised, err);
}

rs_status rs_step_denoise(const rs_sampling *s, const float *x, double sigma, float *denoised,
                          rs_err *err)
{
    return s->hooks->denoise(s->hooks->denoise_cookie, x, sigma, denoised, err);
}

static void add(const rs_sampling *s, double factor, const float *noise)
{
    const float f = (float)factor;
    for (size_t k = 0; k < s->n; k++)
        s->x[k] += f * noise[k];
}

void rs_step_add_noise(const rs_sampling *s, double factor, double sigma, double next, float *buffer)
{
    if (factor == 0)
        return;
    if (s->brownian)
        rs_brownian_step(s->brownian, sigma, next, buffer);
    else
        s->hooks->noise(s->hooks->noise_cookie, buffer);
    add(s, factor, buffer);
}

void rs_step_claim(float *x, double level, double as, size_t n)
{
    const float f = (float)sqrt((1 + as * as) / (1 + level * level));
    for (size_t k = 0; level != as && k < n; k++)
        x[k] *= f;
}

double rs_step_target(const rs_sampling *s, int i)
{
    return s->plan->targets ? s->plan->targets[i] : s->plan->sigmas[i + 1];
}

void rs_step_arrive(const rs_sampling *s, int i)
{
    rs_step_claim(s->x, rs_step_target(s, i), s->plan->sigmas[i + 1], s->n);
}

rs_step_split rs_step_ancestral(double sigma, double next, double eta)
{
    const double up = fmin(next, eta * next * sqrt(sigma * sigma - next * next) / sigma);
    return (rs_step_split){ sqrt(next * next - up * up), up };
}

double rs_step_churn(const rs_sampling *s, int i, float *buffer)
{
    const rs_sample_plan *p = s->plan;
    const double sigma = p->sigmas[i];
    if (p->s_churn == 0)
        return sigma;
    const bool inside = p->s_tmin <= sigma && sigma <= p->s_tmax;
    const double gamma = inside ? fmin(p->s_churn / p->n_steps, sqrt(2) - 1) : 0;
    const double hat = sigma * (gamma + 1);
    s->hooks->noise(s->hooks->noise_cookie, buffer);
    if (gamma > 0)
        add(s, p->s_noise * sqrt(hat * hat - sigma * sigma), buffer);
    return hat;
}

void rs_step_line(float *dst, const float *d, const float *x, double sigma, double next, size_t n)
{
    const float keep = (float)(next / sigma);
    for (size_t k = 0; k < n; k++)
        dst[k] = d[k] + keep * (x[k] - d[k]);
}

void rs_step_mix(float *dst, double a, const float *x, double b, const float *y, size_t n)
{
    const float fa = (float)a, fb = (float)b;
    for (size_t k = 0; k < n; k++)
        dst[k] = fa * x[k] + fb * y[k];
}

void rs_step_add_difference(float *x, double a, const float *y, const float *z, size_t n)
{
    const float f = (float)a;
    for (size_t k = 0; k < n; k++)
        x[k] += f * (y[k] - z[k]);
}
