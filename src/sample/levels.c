/* Betas as diffusers makes them, to the last bit: single precision throughout,
 * with the running product alone in double. That rounding shows: the smallest
 * sigma of SD 1.x is 1e-5 off its exact value, and peers all use the rounded one. */
#include "sample/levels.h"

#include <math.h>

#define PI 3.14159265358979323846

/* torch.linspace in float32: from both ends to the middle, fused. */
static float linspace(float first, float last, int i, int n)
{
    const float step = (last - first) / (float)(n - 1);
    return i < n / 2 ? fmaf(step, (float)i, first) : fmaf(-step, (float)(n - 1 - i), last);
}

/* Nichol and Dhariwal 2021, equation 17. */
static double cosine_alpha_bar(double u)
{
    const double c = cos((u + 0.008) / 1.008 * PI / 2);
    return c * c;
}

static float beta_at(const rs_noise_config *config, int i)
{
    const int n = config->train_steps;
    switch (config->betas) {
    case RS_BETA_SCALED_LINEAR: {
        const float root =
            linspace((float)sqrt(config->beta_start), (float)sqrt(config->beta_end), i, n);
        return root * root;
    }
    case RS_BETA_LINEAR:
        return linspace((float)config->beta_start, (float)config->beta_end, i, n);
    case RS_BETA_COSINE: {
        const double here = cosine_alpha_bar((double)i / n);
        return (float)fmin(1 - cosine_alpha_bar((i + 1.0) / n) / here, 0.999);
    }
    }
    return NAN;
}

static rs_status check_config(const rs_noise_config *c, rs_err *err)
{
    if (c->train_steps < 2 || c->train_steps > RS_MAX_TRAIN_STEPS)
        return RS_FAIL(err, RS_E_FORMAT, "num_train_timesteps is %d, expected 2 to %d", c->train_steps,
                       RS_MAX_TRAIN_STEPS);
    if (c->betas == RS_BETA_COSINE)
        return RS_OK;
    if (!(c->beta_start > 0 && c->beta_start < 1 && c->beta_end > 0 && c->beta_end < 1))
        return RS_FAIL(err, RS_E_FORMAT, "beta_start is %g and beta_end %g, expected numbers between 0 and 1",
                       c->beta_start, c->beta_end);
    return RS_OK;
}

rs_status rs_noise_levels_init(rs_arena *arena, const rs_noise_config *config, rs_noise_levels *out,
                               rs_err *err)
{
    RS_TRY(check_config(config, err));
    const int n = config->train_steps;
    float *alphas = RS_NEW_N(arena, float, (size_t)n);
    double *sigmas = RS_NEW_N(arena, double, (size_t)n), *logs = RS_NEW_N(arena, double, (size_t)n);
    if (!alphas || !sigmas || !logs)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d noise levels", n);
    double product = 1;
    for (int i = 0; i < n; i++) {
        product *= (double)(1.0f - beta_at(config, i));
        alphas[i] = (float)product;
        const double a = (double)alphas[i];
        sigmas[i] = sqrt((1 - a) / a);
        logs[i] = log(sigmas[i]);
        if (!isfinite(logs[i]) || (i > 0 && !(sigmas[i] > sigmas[i - 1])))
            return RS_FAIL(err, RS_E_FORMAT,
                           "noise schedule: sigma is %g at timestep %d after %g, expected finite rising "
                           "values; see beta_start, beta_end, beta_schedule",
                           sigmas[i], i, i > 0 ? sigmas[i - 1] : 0.0);
    }
    *out = (rs_noise_levels){ n, 0, 1, config->prediction, alphas, sigmas, logs, config->timesteps, false };
    return RS_OK;
}

rs_status rs_noise_levels_thin(rs_arena *arena, const rs_noise_levels *levels, rs_noise_levels *out,
                               rs_err *err)
{
    enum { ROWS = 50 };
    const int stride = levels->n > ROWS ? levels->n / ROWS : 1, n = levels->n / stride;
    float *alphas = RS_NEW_N(arena, float, (size_t)n);
    double *sigmas = RS_NEW_N(arena, double, (size_t)n), *logs = RS_NEW_N(arena, double, (size_t)n);
    if (!alphas || !sigmas || !logs)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d noise levels", n);
    const int first = levels->n - 1 - (n - 1) * stride;
    for (int i = 0; i < n; i++) {
        const int from = first + i * stride;
        alphas[i] = levels->alphas_cumprod[from];
        sigmas[i] = levels->sigmas[from];
        logs[i] = levels->log_sigmas[from];
    }
    *out = (rs_noise_levels){ n, first, stride, levels->prediction, alphas, sigmas, logs,
                              levels->timesteps, true };
    return RS_OK;
}

double rs_sigma_to_row(const rs_noise_levels *levels, double sigma)
{
    const double *logs = levels->log_sigmas, wanted = log(sigma);
    int low = 0, high = levels->n - 1;
    if (!(wanted > logs[low]))
        return low;
    if (!(wanted < logs[high]))
        return high;
    while (high - low > 1) { /* logs[low] <= wanted < logs[high] */
        const int mid = low + (high - low) / 2;
        if (logs[mid] <= wanted)
            low = mid;
        else
            high = mid;
    }
    return low + (wanted - logs[low]) / (logs[high] - logs[low]);
}

double rs_row_to_sigma(const rs_noise_levels *levels, double row)
{
    const double clamped = fmin(fmax(row, 0), levels->n - 1);
    const int low = (int)clamped;
    const double share = clamped - low;
    if (share == 0)
        return levels->sigmas[low];
    return exp((1 - share) * levels->log_sigmas[low] + share * levels->log_sigmas[low + 1]);
}

double rs_sigma_to_t(const rs_noise_levels *levels, double sigma)
{
    const double row = rs_sigma_to_row(levels, sigma);
    if (!levels->whole)
        return row;
    const double slack = 1e-9; /* of two rows equally near the lower one, as argmin finds it */
    return levels->first + ceil(row - 0.5 - slack) * levels->stride;
}
