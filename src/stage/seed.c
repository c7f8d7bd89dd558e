#include "stage/seed.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static bool resized(const rs_seed *s)
{
    return s->from_h != s->h || s->from_w != s->w;
}

static size_t from_count(const rs_seed *s)
{
    return (size_t)s->c * (size_t)s->from_h * (size_t)s->from_w;
}

rs_status rs_seed_init(rs_arena *arena, const rs_img2img_params *params, int c, int h, int w,
                       int factor, rs_seed *out, rs_err *err)
{
    const rs_size from = params->seed_resize_from;
    const float strength = params->variation_strength;
    rs_seed s = { .params = params, .c = c, .h = h, .w = w, .from_h = h, .from_w = w };
    if (!(strength >= 0 && strength <= 1))
        return RS_FAIL(err, RS_E_RANGE, "variation_strength is %g, expected 0 to 1", (double)strength);
    if (from.width > 0 && from.height > 0) {
        s.from_h = from.height / factor;
        s.from_w = from.width / factor;
    }
    size_t bytes;
    if (s.from_h < 1 || s.from_w < 1 ||
        !rs_mul_size((size_t)s.from_h * (size_t)s.from_w, (size_t)c * sizeof(float), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "seed_resize_from is %dx%d, expected %d or more on each side",
                       from.width, from.height, factor);
    if (resized(&s))
        s.first = rs_arena_alloc(arena, bytes);
    if (strength > 0)
        s.second = rs_arena_alloc(arena, bytes);
    if ((resized(&s) && !s.first) || (strength > 0 && !s.second))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the noise of a picture");
    rs_rng_seed(&s.rng, params->rng, params->seed);
    *out = s;
    return RS_OK;
}

/* The first draw of a generator of its own. */
static void draw_fresh(const rs_seed *s, uint64_t seed, float *dst, size_t n)
{
    rs_rng rng;
    rs_rng_seed(&rng, s->params->rng, seed);
    rs_rng_normal(&rng, dst, n);
}

/* The dot product of the columns at a and b, both [h] with w between rows, over
 * their lengths: the cosine of the angle between them. */
static float column_cosine(const float *a, const float *b, int h, int w)
{
    double aa = 0, bb = 0, ab = 0;
    for (int y = 0; y < h; y++) {
        const double p = (double)a[(size_t)y * (size_t)w], q = (double)b[(size_t)y * (size_t)w];
        aa += p * p;
        bb += q * q;
        ab += p * q;
    }
    return (float)(ab / sqrt(aa * bb));
}

static void turn_column(float val, float *low, const float *high, int h, int w)
{
    const double omega = acos((double)column_cosine(low, high, h, w)), so = sin(omega);
    const float keep = (float)(sin((1.0 - (double)val) * omega) / so);
    const float take = (float)(sin((double)val * omega) / so);
    for (int y = 0; y < h; y++) {
        const size_t i = (size_t)y * (size_t)w;
        low[i] = keep * low[i] + take * high[i];
    }
}

void rs_noise_slerp(float val, float *low, const float *high, int c, int h, int w)
{
    const size_t plane = (size_t)h * (size_t)w;
    double sum = 0;
    for (int i = 0; i < c * w; i++) {
        const size_t at = (size_t)(i / w) * plane + (size_t)(i % w);
        sum += (double)column_cosine(low + at, high + at, h, w);
    }
    /* nearly the same noise: no plane to turn in. (A1111 mixes the wrong way round
     * here; of two equal noises that makes no difference.) */
    if (sum / (c * w) > 0.9995) {
        for (size_t k = 0; k < (size_t)c * plane; k++)
            low[k] = low[k] * val + high[k] * (1 - val);
        return;
    }
    for (int i = 0; i < c * w; i++) {
        const size_t at = (size_t)(i / w) * plane + (size_t)(i % w);
        turn_column(val, low + at, high + at, h, w);
    }
}

/* Offset and length of the part of `from` that lies within `to`, both centred;
 * Python's // rounds down, also below zero. */
static void centre(int to, int from, int *to_at, int *from_at, int *n)
{
    const int d = to - from, half = d >= 0 ? d / 2 : -((1 - d) / 2);
    *to_at = half > 0 ? half : 0;
    *from_at = half < 0 ? -half : 0;
    *n = half >= 0 ? from : from + 2 * half;
}

static void paste(const rs_seed *s, float *dst)
{
    int ty, tx, fy, fx, nh, nw;
    centre(s->h, s->from_h, &ty, &fy, &nh);
    centre(s->w, s->from_w, &tx, &fx, &nw);
    for (int c = 0; c < s->c; c++) {
        for (int y = 0; y < nh; y++) {
            float *to = dst + ((size_t)c * (size_t)s->h + (size_t)(ty + y)) * (size_t)s->w + tx;
            const float *from = s->first + ((size_t)c * (size_t)s->from_h + (size_t)(fy + y)) *
                                               (size_t)s->from_w + fx;
            memcpy(to, from, (size_t)nw * sizeof(float));
        }
    }
}

void rs_seed_start(rs_seed *s, float *dst)
{
    float *noise = dst;
    if (resized(s)) {
        noise = s->first;
        draw_fresh(s, s->params->seed, noise, from_count(s));
        rs_seed_next(s, dst);
    } else {
        rs_seed_next(s, noise);
    }
    if (s->second) {
        draw_fresh(s, s->params->variation_seed, s->second, from_count(s));
        rs_noise_slerp(s->params->variation_strength, noise, s->second, s->c, s->from_h, s->from_w);
    }
    if (resized(s))
        paste(s, dst);
    /* ComfyUI's default_noise_sampler (comfy/k_diffusion/sampling.py) has a generator of its
     * own, whose seed is one more on processors */
    const int delta = s->params->sampling.eta_noise_seed_delta + s->params->sampling.comfyui_noise;
    if (delta)
        rs_rng_seed(&s->rng, s->params->rng, s->params->seed + (uint64_t)delta);
}

static size_t count(const rs_seed *s)
{
    return (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

void rs_seed_next(rs_seed *s, float *dst)
{
    rs_rng_normal(&s->rng, dst, count(s));
}

void rs_seed_fresh(const rs_seed *s, uint64_t of, float *dst)
{
    draw_fresh(s, of, dst, count(s));
}
