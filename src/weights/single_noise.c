/* The noise schedule of a single-file checkpoint: from its metadata, from its
 * alphas_cumprod, or that of Stable Diffusion. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weights/single_file.h"

#define MAX_STEPS 100000

static const char *const schedules[] = {
    [RS_BETA_SCALED_LINEAR] = "scaled_linear", [RS_BETA_LINEAR] = "linear",
    [RS_BETA_COSINE] = "squaredcos_cap_v2", NULL,
};
static const char *const predictions[] = {
    [RS_PREDICT_EPSILON] = "epsilon", [RS_PREDICT_V] = "v_prediction", NULL,
};

/* Nichol & Dhariwal 2021, eq. 17, and betas of at most 0.999. */
static double cosine_beta(int i, int n)
{
    const double pi = 3.14159265358979323846, s = 0.008;
    const double a = cos((((double)i + 1) / n + s) / (1 + s) * pi / 2);
    const double b = cos(((double)i / n + s) / (1 + s) * pi / 2);
    return fmin(1 - a * a / (b * b), 0.999);
}

static double beta_at(const rs_noise_config *c, int i)
{
    const double t = (double)i / (c->train_steps - 1);
    if (c->betas == RS_BETA_COSINE)
        return cosine_beta(i, c->train_steps);
    if (c->betas == RS_BETA_LINEAR)
        return c->beta_start + t * (c->beta_end - c->beta_start);
    const double r = sqrt(c->beta_start) + t * (sqrt(c->beta_end) - sqrt(c->beta_start));
    return r * r;
}

/* Products of 1 - beta, with the relative error that their dtype allows. */
struct alphas {
    const float *values;
    double tolerance;
};

static bool explains(const rs_noise_config *c, const struct alphas *a)
{
    double product = 1;
    for (int i = 0; i < c->train_steps; i++) {
        product *= 1 - beta_at(c, i);
        if (fabs(product - (double)a->values[i]) > a->tolerance * product)
            return false;
    }
    return true;
}

/* To so many significant digits: 0.00085001 read off a float was 0.00085. */
static double rounded(double v, int digits)
{
    char text[40];
    snprintf(text, sizeof(text), "%.*e", digits - 1, v);
    return strtod(text, NULL);
}

/* Tries the schedule of Stable Diffusion, then its kinds with the first and
 * last beta of the tensor. */
static bool fit(rs_noise_config *c, const struct alphas *a)
{
    const int n = c->train_steps;
    const double first = 1 - (double)a->values[0];
    const double last = 1 - (double)a->values[n - 1] / (double)a->values[n - 2];
    if (explains(c, a))
        return true;
    if (!(first > 0 && last < 1 && first <= last))
        return false;
    for (int digits = 2; digits <= 8; digits++)
        for (int kind = RS_BETA_SCALED_LINEAR; kind <= RS_BETA_LINEAR; kind++) {
            rs_noise_config try = *c;
            try.betas = (rs_beta_schedule)kind;
            try.beta_start = rounded(first, digits);
            try.beta_end = rounded(last, digits);
            if (explains(&try, a)) {
                *c = try;
                return true;
            }
        }
    rs_noise_config cosine = *c;
    cosine.betas = RS_BETA_COSINE;
    if (!explains(&cosine, a))
        return false;
    *c = cosine;
    return true;
}

static rs_status from_alphas(rs_bundle *b, rs_noise_config *c, rs_err *err)
{
    const rs_wtensor *t = rs_weights_find(b->weights[0], "alphas_cumprod");
    if (!t)
        return RS_OK;
    if (t->rank != 1 || t->count < 2 || t->count > MAX_STEPS) {
        char shape[200];
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor 'alphas_cumprod': shape %s, expected 2 to "
                       "%d steps",
                       b->path, rs_shape_text(t->shape, t->rank, shape, sizeof(shape)), MAX_STEPS);
    }
    /* A half has 2^-11; torch multiplies a thousand floats of 2^-24. */
    struct alphas alphas = { .tolerance = t->dtype == RS_DTYPE_F32 ? 2e-4 : 1e-3 };
    if (t->dtype == RS_DTYPE_BF16)
        alphas.tolerance = 8e-3;
    RS_TRY(rs_wtensor_f32(b->arena, t, 1, t->shape, &alphas.values, err));
    rs_noise_config found = *c;
    found.train_steps = (int)t->count;
    if (fit(&found, &alphas))
        *c = found;
    else
        b->note = "its 'alphas_cumprod' is of no known schedule and is not used";
    return RS_OK;
}

rs_status rs_single_noise(rs_bundle *b, rs_err *err)
{
    /* spaced as the scheduler_config.json of SD 1.5, which diffusers takes for such files */
    rs_noise_config c = { .train_steps = 1000, .beta_start = 0.00085, .beta_end = 0.012,
                          .timesteps = { RS_SPACING_OWN, 1, RS_LAST_ALPHA_FIRST } };
    rs_config_file meta;
    const char *spec = rs_weights_metadata(b->weights[0], "modelspec.prediction_type");
    int betas, prediction = RS_PREDICT_EPSILON;
    if ((spec && spec[0] == 'v') || rs_weights_find(b->weights[0], "v_pred"))
        prediction = RS_PREDICT_V; /* the tensor is an empty mark that trainers leave */
    RS_TRY(rs_single_metadata(b, &meta, err));
    if (!rs_json_get(meta.root, "restyle.beta_start"))
        RS_TRY(from_alphas(b, &c, err));
    betas = (int)c.betas;
    RS_TRY(rs_json_int(meta.path, meta.root, "restyle.train_steps", 2, MAX_STEPS, &c.train_steps,
                       err));
    RS_TRY(rs_json_double(meta.path, meta.root, "restyle.beta_start", 1e-9, 0.999, &c.beta_start,
                          err));
    RS_TRY(rs_json_double(meta.path, meta.root, "restyle.beta_end", 1e-9, 0.999, &c.beta_end, err));
    RS_TRY(rs_config_choice(&meta, "restyle.beta_schedule", schedules, &betas));
    RS_TRY(rs_config_choice(&meta, "restyle.prediction", predictions, &prediction));
    c.betas = (rs_beta_schedule)betas;
    c.prediction = (rs_prediction)prediction;
    RS_TRY(rs_noise_check(&c, b->path, err));
    b->noise = c;
    b->noise_known = true;
    return RS_OK;
}
