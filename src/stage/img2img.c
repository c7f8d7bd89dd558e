/* A picture through the model, or several of one source at once, each with a noise of its own:
 *
 *     latent = scale * mean(encode(2 rgb - 1))
 *     x      = latent + sigma[0] * noise              noise: see seed.h
 *     x      = sampler(x)                             network under guidance
 *     out    = (decode(x / scale) + 1) / 2, clamped
 *
 * With RS_ENCODE_SAMPLE the posterior's sample is drawn first and the start
 * noise second, from one generator, as in diffusers' img2img pipeline. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "sample/denoise.h"
#include "sample/plan.h"
#include "stage/batch.h"
#include "stage/color_match.h"
#include "stage/compat.h"
#include "stage/condition.h"
#include "stage/engine.h"
#include "stage/img2img_opts.h"
#include "stage/latent_resize.h"
#include "stage/masked_run.h"
#include "stage/pad.h"
#include "stage/seed.h"

struct run {
    rs_model *m;
    const rs_img2img_params *p; /* of all pictures, but for their seeds */
    const rs_progress *progress;
    int n;                      /* pictures */
    const rs_img2img_params *each; /* [n] */
    rs_seed *seeds;             /* [n] */
    float *planar; /* [c, h, w] of a latent, torch's order of drawing */
    rs_tensor picture;       /* [1, h, w, 3], padded to the model's multiple */
    rs_size shown;           /* what of it the result has */
    rs_tensor latent, noise; /* [n, h, w, c] */
    rs_masked_run *masked; /* NULL: no mask */
    rs_tensor condition;   /* [n, h, w, 1 + c]: mask and masked latent, for models that read them */
    rs_denoiser denoiser;
};

void rs_img2img_defaults(rs_img2img_params *params)
{
    rs_opt_defaults(&rs_img2img_group, params);
}

int rs_img2img_steps(const rs_img2img_params *params)
{
    const rs_noise_config usual = { .train_steps = 1000, .beta_start = 0.00085, .beta_end = 0.012 };
    rs_arena *arena = rs_arena_open(64 * 1024);
    rs_noise_levels levels;
    rs_sample_plan plan = { 0 };
    if (arena && rs_noise_levels_init(arena, &usual, &levels, NULL) == RS_OK &&
        rs_sample_plan_init(arena, &levels, params, &plan, NULL) != RS_OK)
        plan.n_steps = 0;
    rs_arena_close(&arena);
    return plan.n_steps;
}

/* Normals of picture i in torch's order, handed out channels last; dst: of one picture. */
static void draw_one(struct run *r, int i, void (*make)(rs_seed *seed, float *dst), const rs_tensor *dst)
{
    make(&r->seeds[i], r->planar);
    rs_tensor_from_planar(dst, r->planar);
}

static void draw(struct run *r, void (*make)(rs_seed *seed, float *dst), const rs_tensor *dst)
{
    for (int i = 0; i < r->n; i++) {
        const rs_tensor item = rs_tensor_item(dst, i);
        draw_one(r, i, make, &item);
    }
}

static void sampler_noise(void *cookie, float *dst)
{
    struct run *r = cookie;
    rs_tensor t = r->latent;
    t.data = dst;
    draw(r, rs_seed_next, &t);
}

static void seeded_noise(void *cookie, uint64_t seed, float *dst)
{
    struct run *r = cookie;
    rs_tensor t = rs_tensor_item(&r->latent, 0);
    t.data = dst;
    rs_seed_fresh(&r->seeds[0], seed, r->planar);
    rs_tensor_from_planar(&t, r->planar);
}

/* The profile's file grows part by part. total: one of the model's times. */
static void end_part(rs_model *m, double t0, const char *name, double *total)
{
    *total += rs_clock_now() - t0;
    rs_prof_end(m->ex.prof, t0, RS_PROF_PART, name, 0, 0);
    rs_profile_flush(m->profile);
}

static rs_status predict(void *cookie, const float *in, int batch, float t, float *out, rs_err *err)
{
    struct run *r = cookie;
    rs_tensor x = r->latent, y = r->latent;
    x.n = y.n = batch * r->n;
    y.data = out;
    const double t0 = rs_clock_now();
    const rs_arena_mark mark = rs_arena_save(r->m->ex.scratch);
    /* the network reads x only; the view has no const form */
    memcpy(&x.data, &in, sizeof(in));
    if (r->condition.n)
        RS_TRY(rs_condition_append(r->m->ex.scratch, &r->condition, &x, err));
    RS_TRY(rs_model_predict(r->m, &y, &x, t, err));
    rs_arena_rewind(r->m->ex.scratch, mark);
    end_part(r->m, t0, "unet step", &r->m->times.steps);
    return RS_OK;
}

/* Adds to the mean the posterior's noise, of each picture's own generator. */
static rs_status sample_posterior(struct run *r, const rs_tensor *latent, const rs_tensor *logvar,
                                  rs_err *err)
{
    const bool start = r->p->encode == RS_ENCODE_START_NOISE;
    const size_t n = rs_tensor_count(logvar);
    rs_tensor noise;
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, latent->h, latent->w, latent->c, &noise, err));
    for (int i = 0; i < r->n; i++) {
        const rs_tensor item = rs_tensor_item(latent, i);
        const rs_rng rng = r->seeds[i].rng;
        draw_one(r, i, start ? rs_seed_start : rs_seed_next, &noise);
        if (start) /* which is drawn again */
            r->seeds[i].rng = rng;
        for (size_t k = 0; k < n; k++)
            item.data[k] += expf(0.5f * logvar->data[k]) * noise.data[k];
    }
    return RS_OK;
}

/* r->picture into *latent, [n, ..], scaled. */
static rs_status encode(struct run *r, const rs_tensor *latent, rs_err *err)
{
    const rs_vae_config *cfg = rs_bundle_vae(r->m->bundle);
    const bool sample = r->p->encode != RS_ENCODE_MEAN;
    const rs_tensor mean = rs_tensor_item(latent, 0);
    rs_tensor logvar;
    if (sample)
        RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, latent->h, latent->w, latent->c, &logvar, err));
    RS_TRY(rs_model_need(r->m, RS_PART_VAE, err));
    const double t0 = rs_clock_now();
    RS_TRY(rs_vae_encode(&r->m->ex, r->m->vae, &r->picture, &mean, sample ? &logvar : NULL, err));
    end_part(r->m, t0, "vae encode", &r->m->times.encode);
    const size_t n = rs_tensor_count(latent), one = rs_tensor_count(&mean);
    for (int i = 1; i < r->n; i++)
        memcpy(latent->data + (size_t)i * one, mean.data, one * sizeof(float));
    if (sample)
        RS_TRY(sample_posterior(r, latent, &logvar, err));
    for (size_t i = 0; i < n; i++)
        latent->data[i] *= cfg->scaling_factor;
    return RS_OK;
}

static rs_status new_latent(struct run *r, int height, int width, rs_err *err)
{
    const int f = rs_model_multiple(r->m), c = rs_bundle_vae(r->m->bundle)->latent_channels;
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, height, width, 3, &r->picture, err));
    RS_TRY(rs_tensor_alloc(r->m->run_arena, r->n, height / f, width / f, c, &r->latent, err));
    r->planar = RS_NEW_N(r->m->run_arena, float, rs_tensor_count(&r->latent) / (size_t)r->n);
    r->seeds = RS_NEW_N(r->m->run_arena, rs_seed, (size_t)r->n);
    if (!r->planar || !r->seeds)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a latent");
    for (int i = 0; i < r->n; i++)
        RS_TRY(rs_seed_init(r->m->run_arena, &r->each[i], c, r->latent.h, r->latent.w, f, &r->seeds[i],
                            err));
    return RS_OK;
}

static rs_status resize_latent(struct run *r, rs_err *err)
{
    const rs_size s = r->p->latent_size;
    const rs_tensor encoded = r->latent;
    const rs_seed *before = r->seeds;
    if (!s.width || (s.width == r->picture.w && s.height == r->picture.h))
        return RS_OK;
    if (r->masked || rs_bundle_unet(r->m->bundle)->in_channels != r->latent.c)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "a latent cannot be resized under a mask or for an inpainting "
                       "model: resize the picture");
    RS_TRY(new_latent(r, s.height, s.width, err));
    r->shown = s;
    for (int i = 0; i < r->n; i++) {
        const rs_tensor from = rs_tensor_item(&encoded, i), to = rs_tensor_item(&r->latent, i);
        r->seeds[i].rng = before[i].rng; /* goes on after the posterior's sample */
        rs_latent_resize(&to, &from);
    }
    return RS_OK;
}

/* Models of nine channels read, beside the latent, the mask and the latent of what it
 * leaves visible; without a mask they see none of the picture. Encodes r->picture, of
 * which only the size is used afterwards. */
static rs_status make_condition(struct run *r, rs_err *err)
{
    const rs_masked_run *masked = r->masked;
    rs_tensor visible;
    if (rs_bundle_unet(r->m->bundle)->in_channels == r->latent.c)
        return RS_OK;
    RS_TRY(rs_tensor_alloc(r->m->run_arena, r->n, r->latent.h, r->latent.w, r->latent.c, &visible, err));
    RS_TRY(rs_tensor_alloc(r->m->run_arena, r->n, visible.h, visible.w, 1 + visible.c, &r->condition, err));
    rs_condition_hide(&r->picture, masked ? masked->mask : NULL, masked ? masked->params : NULL);
    RS_TRY(encode(r, &visible, err));
    for (int i = 0; i < r->n; i++) {
        const rs_tensor from = rs_tensor_item(&visible, i), to = rs_tensor_item(&r->condition, i);
        rs_condition_join(&to, &from, masked ? masked->mask : NULL, masked ? masked->params : NULL);
    }
    return RS_OK;
}

/* Of the latent as it is now: start noise, and what a mask and the model need. */
static rs_status prepare(struct run *r, rs_err *err)
{
    RS_TRY(rs_tensor_alloc(r->m->run_arena, r->n, r->latent.h, r->latent.w, r->latent.c, &r->noise, err));
    draw(r, rs_seed_start, &r->noise);
    if (r->masked)
        RS_TRY(rs_masked_start(r->masked, &r->latent, &r->noise, r->m->run_arena, err));
    return make_condition(r, err);
}

static rs_status masked_denoise(void *cookie, const float *x, double sigma, float *denoised, rs_err *err)
{
    struct run *r = cookie;
    RS_TRY(rs_denoiser_run(&r->denoiser, x, sigma, denoised, err));
    if (r->masked)
        rs_masked_blend(r->masked, sigma, denoised);
    return RS_OK;
}

static rs_status denoise(struct run *r, const rs_sample_plan *plan, rs_err *err)
{
    const size_t n = rs_tensor_count(&r->latent);
    uint64_t *seeds = RS_NEW_N(r->m->run_arena, uint64_t, (size_t)r->n);
    if (!seeds)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d seeds", r->n);
    for (int i = 0; i < r->n; i++)
        seeds[i] = r->each[i].seed;
    RS_TRY(rs_model_need(r->m, RS_PART_UNET, err));
    RS_TRY(rs_denoiser_init(r->m->run_arena, plan->levels, r->p->cfg_scale, r->m->prompts.weights,
                            r->m->prompts.n, n, predict, r, &r->denoiser, err));
    /* More often only the adaptive sampler asks, for which the last text then stays. */
    RS_TRY(rs_model_make_contexts(r->m, r->denoiser.batch, 3 * plan->n_steps + 40, err));
    rs_sample_start(plan, r->latent.data, r->noise.data, n);
    const rs_sample_hooks hooks = { .denoise = masked_denoise, .denoise_cookie = r,
                                    .noise = sampler_noise, .seeded_noise = seeded_noise,
                                    .noise_cookie = r, .seeds = seeds, .n_pictures = r->n,
                                    .progress = r->progress };
    RS_TRY(rs_sample_run(plan, &hooks, r->latent.data, n, r->m->run_arena, err));
    if (r->masked)
        rs_masked_finish(r->masked, r->latent.data);
    return RS_OK;
}

static rs_status make_room(rs_image *out, int width, int height, rs_err *err)
{
    if (out->rgb && out->width == width && out->height == height)
        return RS_OK;
    rs_image_release(out);
    return rs_image_alloc(out, width, height, err);
}

static rs_status decode(struct run *r, int i, rs_image *out, rs_err *err)
{
    const float scale = rs_bundle_vae(r->m->bundle)->scaling_factor;
    const rs_tensor latent = rs_tensor_item(&r->latent, i);
    const size_t n = rs_tensor_count(&latent);
    for (size_t k = 0; k < n; k++)
        latent.data[k] /= scale;
    RS_TRY(rs_model_need(r->m, RS_PART_VAE, err));
    const double t0 = rs_clock_now();
    RS_TRY(rs_vae_decode(&r->m->ex, r->m->vae, &latent, &r->picture, err));
    end_part(r->m, t0, "vae decode", &r->m->times.decode);
    if (!rs_tensor_is_finite(&r->picture))
        return RS_FAIL(err, RS_E_NOT_FINITE, "the result is not finite (NaN or infinity); the model's "
                       "weights may be damaged");
    RS_TRY(make_room(out, r->shown.width, r->shown.height, err));
    const size_t row = (size_t)out->width * 3;
    for (int y = 0; y < out->height; y++) {
        const float *from = r->picture.data + (size_t)y * (size_t)r->picture.w * 3;
        for (size_t k = 0; k < row; k++)
            out->rgb[(size_t)y * row + k] = fminf(fmaxf(from[k] * 0.5f + 0.5f, 0.0f), 1.0f);
    }
    rs_round_8bit(out->rgb, row * (size_t)out->height, r->p->rounding);
    return RS_OK;
}

static rs_status pass_through(const struct run *r, const rs_image *init, rs_image *out, rs_err *err)
{
    const rs_size s = r->p->latent_size;
    if (s.width) {
        RS_TRY(make_room(out, s.width, s.height, err));
        return rs_image_resize(out, init, RS_RESIZE_STRETCH, err);
    }
    RS_TRY(make_room(out, init->width, init->height, err));
    memcpy(out->rgb, init->rgb, (size_t)init->width * (size_t)init->height * 3 * sizeof(float));
    return RS_OK;
}

/* Positions in changing prompts count calls of the network as A1111 expects them: two a
 * step for its second-order samplers (total_steps of modules/sd_samplers_common.py). */
static rs_status set_prompts(struct run *r, const rs_sample_plan *plan, const char *prompt,
                             const char *negative, rs_err *err)
{
    const bool executed = r->p->prompt_steps == RS_PROMPT_STEPS_EXECUTED;
    const int steps = executed ? plan->n_steps : r->p->steps;
    const int calls = plan->sampler->flags & RS_SAMPLER_SECOND_ORDER ? 2 : 1;
    const rs_prompt_request q = { prompt, negative, r->p, calls * steps, r->n };
    return rs_model_set_prompts(r->m, &q, err);
}

static rs_status restyle(struct run *r, const rs_image *init, rs_image *outs, rs_err *err)
{
    rs_model *m = r->m;
    rs_sample_plan plan;
    RS_TRY(rs_sample_plan_init(m->run_arena, &m->levels, r->p, &plan, err));
    for (int i = 0; i < r->n && plan.n_steps == 0; i++)
        RS_TRY(pass_through(r, init, &outs[i], err));
    if (plan.n_steps == 0)
        return RS_OK;
    const char *prompt, *negative;
    rs_list loras, hypernets;
    RS_TRY(rs_loras_of(m->run_arena, r->p, &loras, &prompt, &negative, err));
    RS_TRY(rs_model_use_loras(m, loras, err));
    RS_TRY(rs_hypernets_of(m->run_arena, r->p, &hypernets, err));
    RS_TRY(rs_model_use_hypernets(m, hypernets, err));
    const double t0 = rs_clock_now();
    RS_TRY(set_prompts(r, &plan, prompt, negative, err));
    end_part(m, t0, "prompts", &m->times.prompts);
    const int multiple = rs_model_multiple(m);
    RS_TRY(new_latent(r, rs_pad_size(init->height, multiple), rs_pad_size(init->width, multiple), err));
    r->shown = (rs_size){ init->width, init->height };
    rs_pad_picture(&r->picture, init);
    const size_t values = rs_tensor_count(&r->picture);
    for (size_t i = 0; i < values; i++)
        r->picture.data[i] = 2.0f * r->picture.data[i] - 1.0f;
    RS_TRY(encode(r, &r->latent, err));
    RS_TRY(resize_latent(r, err));
    RS_TRY(prepare(r, err));
    RS_TRY(denoise(r, &plan, err));
    if (r->progress && r->progress->step &&
        !r->progress->step(r->progress->cookie, plan.n_steps, plan.n_steps))
        return RS_FAIL(err, RS_E_CANCELLED, "stopped before decoding");
    for (int i = 0; i < r->n; i++) {
        RS_TRY(decode(r, i, &outs[i], err));
        if (r->p->color_correction)
            RS_TRY(rs_color_match(m->run_arena, r->p->color_target ? r->p->color_target : init, &outs[i],
                                  err));
    }
    return RS_OK;
}

static rs_status check_size(int width, int height, int multiple, rs_err *err)
{
    if (width >= multiple && height >= multiple && width % multiple == 0 && height % multiple == 0)
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "picture of %dx%d: width and height must be multiples of %d", width,
                   height, multiple);
}

static rs_status run_pictures(struct run *r, const rs_image *init, rs_image *outs, rs_err *err)
{
    rs_model *model = r->m;
    const rs_size to = r->p->latent_size;
    const bool latent = to.width || to.height;
    if (latent || r->masked)
        RS_TRY(check_size(init->width, init->height, rs_model_multiple(model), err));
    if (latent)
        RS_TRY(check_size(to.width, to.height, rs_model_multiple(model), err));
    const rs_arena_mark mark = rs_arena_save(model->run_arena);
    model->ex.wrap = r->p->tiling;
    const rs_status s = restyle(r, init, outs, err);
    rs_arena_rewind(model->run_arena, mark);
    return s;
}

rs_status rs_img2img_masked(rs_model *model, const rs_img2img_params *params, rs_masked_run *masked,
                            const rs_image *init, rs_image *out, const rs_progress *progress, rs_err *err)
{
    struct run r = { .m = model, .p = params, .n = 1, .each = params, .progress = progress,
                     .masked = masked };
    return run_pictures(&r, init, out, err);
}

rs_status rs_img2img_together(rs_model *model, const rs_img2img_params *each, int n, const rs_image *init,
                              rs_image *outs, const rs_progress *progress, rs_err *err)
{
    struct run r = { .m = model, .p = &each[0], .n = n, .each = each, .progress = progress };
    return run_pictures(&r, init, outs, err);
}

rs_status rs_img2img(rs_model *model, const rs_img2img_params *params, const rs_image *init,
                     rs_image *out, const rs_progress *progress, rs_err *err)
{
    return rs_img2img_masked(model, params, NULL, init, out, progress, err);
}
