/* DPM-Solver (Lu et al. 2022), as k-diffusion's DPMSolver: exponential integrators
 * in t = -log sigma. `dpm_fast` spends a fixed number of model calls on steps of
 * third order; `dpm_adaptive` chooses the steps by the difference between second
 * and third order.
 *
 * A step from t over h, e the noise seen at t, e1 and e2 the noise seen at
 * t + r1 h and t + r2 h:
 *
 *     u(r)    = x - sigma(t + r h) (e^(rh) - 1) e
 *     order 2: u(1) - sigma' / (2 r1) (e^h - 1) (e1 - e)
 *     order 3: u(1) - sigma' / r2 ((e^h - 1) / h - 1) (e2 - e)
 *
 * Both stop at the last level above 0, as in k-diffusion and A1111. */
#include "sample/step.h"

#include <math.h>
#include <string.h>

struct solver {
    const rs_sampling *s;
    double t_end;
    int n_calls;                 /* model calls so far */
    float *e, *e1, *e2, *u, *denoised; /* [n] */
};

static rs_status solver_init(const rs_sampling *s, struct solver *out, rs_err *err)
{
    *out = (struct solver){ .s = s, .t_end = -log(s->plan->sigmas[s->plan->n_steps - 1]) };
    RS_TRY(rs_step_buffer(s, &out->e, err));
    RS_TRY(rs_step_buffer(s, &out->e1, err));
    RS_TRY(rs_step_buffer(s, &out->e2, err));
    RS_TRY(rs_step_buffer(s, &out->u, err));
    return rs_step_buffer(s, &out->denoised, err);
}

/* e: the noise seen in x at t. step: of progress. */
static rs_status see(struct solver *v, int step, const float *x, double t, float *e, rs_err *err)
{
    const double sigma = exp(-t);
    v->n_calls++;
    RS_TRY(rs_step_begin(v->s, step, x, sigma, v->denoised, err));
    rs_step_mix(e, 1 / sigma, x, -1 / sigma, v->denoised, v->s->n);
    return RS_OK;
}

/* dst = x - sigma(t + h) (e^h - 1) e */
static void transfer(const struct solver *v, float *dst, const float *x, double t, double h)
{
    rs_step_mix(dst, 1, x, -exp(-t - h) * expm1(h), v->e, v->s->n);
}

static void finish_2(const struct solver *v, float *dst, const float *x, double t, double h, double r1)
{
    transfer(v, dst, x, t, h);
    rs_step_add_difference(dst, -exp(-t - h) / (2 * r1) * expm1(h), v->e1, v->e, v->s->n);
}

static void finish_3(const struct solver *v, float *dst, const float *x, double t, double h)
{
    transfer(v, dst, x, t, h);
    rs_step_add_difference(dst, -exp(-t - h) * 1.5 * (expm1(h) / h - 1), v->e2, v->e, v->s->n);
}

/* Fills u with the state at r2 = 2/3, seen with e and e1 at r1 = 1/3. */
static void second_stage(const struct solver *v, const float *x, double t, double h)
{
    const double part = h * 2 / 3;
    transfer(v, v->u, x, t, part);
    rs_step_add_difference(v->u, -exp(-t - part) * 2 * (expm1(part) / part - 1), v->e1, v->e, v->s->n);
}

/* How far to go for a step to t + h that renews noise: *down of h; returns the
 * level of the noise to add. */
static double renew(const struct solver *v, double t, double h, double *down)
{
    const double next = exp(-t - h), eta = v->s->plan->eta;
    *down = h;
    if (eta == 0)
        return 0;
    const rs_step_split part = rs_step_ancestral(exp(-t), next, eta);
    const double t_down = fmin(v->t_end, -log(part.down)), low = exp(-t_down);
    *down = t_down - t;
    return sqrt(fmax(0, next * next - low * low));
}

/* One step of `dpm_fast`, each model call a step of progress. */
static rs_status fast_step(struct solver *v, int order, double t, double h, rs_err *err)
{
    const rs_sampling *s = v->s;
    double down;
    const double up = renew(v, t, h, &down), r1 = order == 3 ? 1.0 / 3 : 0.5;
    RS_TRY(see(v, v->n_calls, s->x, t, v->e, err));
    if (order > 1) {
        transfer(v, v->u, s->x, t, r1 * down);
        RS_TRY(see(v, v->n_calls, v->u, t + r1 * down, v->e1, err));
    }
    if (order > 2) {
        second_stage(v, s->x, t, down);
        RS_TRY(see(v, v->n_calls, v->u, t + down * 2 / 3, v->e2, err));
    }
    if (order == 1)
        transfer(v, s->x, s->x, t, down);
    else if (order == 2)
        finish_2(v, s->x, s->x, t, down, r1);
    else
        finish_3(v, s->x, s->x, t, down);
    rs_step_add_noise(s, up * s->plan->s_noise, exp(-t), exp(-t - h), v->u);
    return RS_OK;
}

/* A single level has no way to go: its guess is the result. */
static rs_status only_step(struct solver *v, rs_err *err)
{
    const double sigma = v->s->plan->sigmas[0];
    RS_TRY(rs_step_begin(v->s, 0, v->s->x, sigma, v->denoised, err));
    rs_step_line(v->s->x, v->denoised, v->s->x, sigma, 0, v->s->n);
    return RS_OK;
}

static rs_status fast_run(const rs_sampling *s, rs_err *err)
{
    struct solver v;
    RS_TRY(solver_init(s, &v, err));
    const int calls = s->plan->n_steps, n = calls / 3 + 1; /* n steps, evenly long in t */
    if (calls == 1)
        return only_step(&v, err);
    const double start = -log(s->plan->sigmas[0]), h = (v.t_end - start) / n;
    for (int i = 0; i < n; i++) {
        int order = 3;
        if (i == n - 1)
            order = calls % 3 == 0 ? 1 : calls % 3;
        else if (i == n - 2 && calls % 3 == 0)
            order = 2;
        RS_TRY(fast_step(&v, order, start + i * h, h, err));
    }
    return RS_OK;
}

/* Root of the mean square of (low - high) / tolerance, k-diffusion's tolerances. */
static double difference(const float *low, const float *high, const float *before, size_t n)
{
    const float absolute = 0.0078f, relative = 0.05f;
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        const float size = fmaxf(fabsf(low[k]), fabsf(before[k]));
        const double d = (double)((low[k] - high[k]) / fmaxf(absolute, relative * size));
        sum += d * d;
    }
    return sqrt(sum / (double)n);
}

/* The share of the way at t, as a step of progress. */
static int progress_at(const struct solver *v, double t, double start)
{
    const int n = v->s->plan->n_steps;
    const int step = (int)(n * (t - start) / (v->t_end - start));
    return step < n ? step : n - 1;
}

struct adaptive {
    double start, t, h;
    float *low, *high, *before; /* [n]: by second and third order; low of the step before */
};

/* One trial: moves on, or only shortens h (k-diffusion's PIDStepSizeController
 * with its default of a plain integral term). */
static rs_status adaptive_step(struct solver *v, struct adaptive *a, rs_err *err)
{
    const rs_sampling *s = v->s;
    const double t = a->t, h = fmin(a->h, v->t_end - t), accept = 0.81;
    const int step = progress_at(v, t, a->start);
    double down;
    const double up = renew(v, t, h, &down);
    RS_TRY(see(v, step, s->x, t, v->e, err));
    transfer(v, v->u, s->x, t, down / 3);
    RS_TRY(see(v, step, v->u, t + down / 3, v->e1, err));
    second_stage(v, s->x, t, down);
    RS_TRY(see(v, step, v->u, t + down * 2 / 3, v->e2, err));
    finish_2(v, a->low, s->x, t, down, 1.0 / 3);
    finish_3(v, a->high, s->x, t, down);
    const double off = difference(a->low, a->high, a->before, s->n);
    const double factor = 1 + atan(pow(1 / (off + 1e-8), 1 / (s->plan->eta > 0 ? 1.5 : 3)) - 1);
    if (!isfinite(factor) || a->h < 1e-9)
        return RS_FAIL(err, RS_E_NOT_FINITE, "dpm_adaptive finds no step that fits: the model's result is "
                       "not finite; its weights may be damaged");
    a->h *= factor;
    if (factor < accept)
        return RS_OK;
    memcpy(a->before, a->low, s->n * sizeof(float));
    memcpy(s->x, a->high, s->n * sizeof(float));
    rs_step_add_noise(s, up * s->plan->s_noise, exp(-t), exp(-t - h), v->u);
    a->t = t + h;
    return RS_OK;
}

static rs_status adaptive_run(const rs_sampling *s, rs_err *err)
{
    struct solver v;
    RS_TRY(solver_init(s, &v, err));
    if (s->plan->n_steps == 1)
        return only_step(&v, err);
    struct adaptive a = { .h = 0.05, .start = -log(s->plan->sigmas[0]) };
    RS_TRY(rs_step_buffer(s, &a.low, err));
    RS_TRY(rs_step_buffer(s, &a.high, err));
    RS_TRY(rs_step_buffer(s, &a.before, err));
    memcpy(a.before, s->x, s->n * sizeof(float));
    for (a.t = a.start; a.t < v.t_end - 1e-5;)
        RS_TRY(adaptive_step(&v, &a, err));
    return RS_OK;
}

const rs_sampler rs_sampler_dpm_fast = {
    .name = "dpm_fast",
    .help = "DPM-Solver of third order with a fixed number of model calls; ignores the schedule's "
            "inner levels",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE,
    .default_eta = 1,
    .run = fast_run,
};

const rs_sampler rs_sampler_dpm_adaptive = {
    .name = "dpm_adaptive",
    .help = "DPM-Solver of third order that chooses its own steps; ignores `steps` but for where "
            "strength begins",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_ETA | RS_SAMPLER_S_NOISE | RS_SAMPLER_ALONE,
    .default_eta = 1,
    .run = adaptive_run,
};
