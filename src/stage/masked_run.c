/* The latent outside the mask is held at init's in every step: A1111's CFGDenoiser
 * (modules/sd_samplers_cfg_denoiser.py, apply_blend), and the blend of its built-in
 * soft inpainting (extensions-builtin/soft-inpainting, latent_blend). */
#include "stage/masked_run.h"

#include <math.h>
#include <string.h>

rs_status rs_masked_start(rs_masked_run *run, const rs_tensor *latent, const rs_tensor *noise,
                          rs_arena *arena, rs_err *err)
{
    const rs_inpaint_content content = run->params->content;
    const size_t rows = rs_tensor_rows(latent), c = (size_t)latent->c;
    for (size_t i = 0; i < rows; i++) {
        const float s = run->share[i];
        for (size_t k = i * c; k < (i + 1) * c; k++) {
            if (content == RS_INPAINT_LATENT_NOISE)
                latent->data[k] = latent->data[k] * (1 - s) + noise->data[k] * s;
            else if (content == RS_INPAINT_LATENT_NOTHING)
                latent->data[k] *= 1 - s;
        }
    }
    RS_TRY(rs_tensor_alloc(arena, 1, latent->h, latent->w, latent->c, &run->init, err));
    memcpy(run->init.data, latent->data, rs_tensor_count(latent) * sizeof(float));
    return RS_OK;
}

static double length(const float *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

/* Between a and b at share t, with a length between theirs by a power mean, so that
 * mixing two unrelated vectors does not shorten them. */
static void soft_blend(const rs_soft_inpaint *soft, const float *a, float *b, int c, double t)
{
    const double p = (double)soft->transition_contrast;
    const double wanted = pow((1 - t) * pow(length(a, c), p) + t * pow(length(b, c), p), 1 / p);
    for (int k = 0; k < c; k++)
        b[k] = (float)((1 - t) * (double)a[k] + t * (double)b[k]);
    const double scale = wanted / (length(b, c) + 0.00001);
    for (int k = 0; k < c; k++)
        b[k] = (float)((double)b[k] * scale);
}

static void plain_blend(const float *a, float *b, int c, float t)
{
    for (int k = 0; k < c; k++)
        b[k] = b[k] * t + a[k] * (1 - t);
}

void rs_masked_blend(const rs_masked_run *run, double sigma, float *denoised)
{
    const rs_soft_inpaint *soft = &run->params->soft;
    const double power = pow(sigma, (double)soft->schedule_bias) * (double)soft->preservation;
    const size_t rows = rs_tensor_rows(&run->init);
    const int c = run->init.c;
    if (!run->params->blend)
        return;
    for (size_t i = 0; i < rows; i++) {
        const float *a = run->init.data + i * (size_t)c;
        float *b = denoised + i * (size_t)c;
        if (soft->enabled)
            soft_blend(soft, a, b, c, pow((double)run->share[i], power));
        else
            plain_blend(a, b, c, run->share[i]);
    }
}

void rs_masked_finish(const rs_masked_run *run, float *latent)
{
    const size_t rows = rs_tensor_rows(&run->init);
    const int c = run->init.c;
    for (size_t i = 0; i < rows; i++) {
        const float *a = run->init.data + i * (size_t)c;
        float *b = latent + i * (size_t)c;
        double sum = 0;
        if (run->params->blend && !run->params->soft.enabled)
            plain_blend(a, b, c, run->share[i]);
        for (int k = 0; k < c; k++)
            sum += ((double)b[k] - (double)a[k]) * ((double)b[k] - (double)a[k]);
        if (run->change)
            run->change[i] = (float)sqrt(sum);
    }
}
