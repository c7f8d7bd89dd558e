/* One picture through the model:
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

#include "base/err.h"
#include "sample/denoise.h"
#include "sample/plan.h"
#include "stage/color_match.h"
#include "stage/compat.h"
#include "stage/condition.h"
#include "stage/engine.h"
#include "stage/img2img_opts.h"
#include "stage/latent_resize.h"
#include "stage/masked_run.h"
#include "stage/seed.h"

struct run {
    rs_model *m;
    const rs_img2img_params *p;
    const rs_progress *progress;
    rs_seed seed;
    float *planar; /* [c, h, w] of a latent, torch's order of drawing */
    rs_tensor picture, latent, noise;
    rs_masked_run *masked; /* NULL: no mask */
    rs_tensor condition;   /* [1, h, w, 1 + c]: mask and masked latent, for models that read them */
    rs_denoiser denoiser;
};

void rs_img2img_defaults(rs_img2img_params *params)
{
    rs_opt_defaults(&rs_img2img_group, params);
}

int rs_img2img_steps(const rs_img2img_params *params)
{
    const rs_noise_config usual = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON };
    rs_arena *arena = rs_arena_open(64 * 1024);
    rs_noise_levels levels;
    rs_sample_plan plan = { 0 };
    if (arena && rs_noise_levels_init(arena, &usual, &levels, NULL) == RS_OK &&
        rs_sample_plan_init(arena, &levels, params, &plan, NULL) != RS_OK)
        plan.n_steps = 0;
    rs_arena_close(&arena);
    return plan.n_steps;
}

/* Normals in torch's order, handed out channels last. */
static void draw(struct run *r, void (*make)(rs_seed *seed, float *dst), const rs_tensor *dst)
{
    make(&r->seed, r->planar);
    rs_tensor_from_planar(dst, r->planar);
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
    rs_tensor t = r->latent;
    t.data = dst;
    rs_seed_fresh(&r->seed, seed, r->planar);
    rs_tensor_from_planar(&t, r->planar);
}

/* The profile's file grows part by part. */
static void end_part(rs_model *m, double t0, const char *name)
{
    rs_prof_end(m->ex.prof, t0, RS_PROF_PART, name, 0, 0);
    rs_profile_flush(m->profile);
}

static rs_status predict(void *cookie, const float *in, int batch, float t, float *out, rs_err *err)
{
    struct run *r = cookie;
    rs_tensor x = r->latent, y = r->latent;
    x.n = y.n = batch;
    y.data = out;
    const double t0 = rs_prof_start(r->m->ex.prof);
    const rs_arena_mark mark = rs_arena_save(r->m->ex.scratch);
    /* the network reads x only; the view has no const form */
    memcpy(&x.data, &in, sizeof(in));
    if (r->condition.n)
        RS_TRY(rs_condition_append(r->m->ex.scratch, &r->condition, &x, err));
    RS_TRY(rs_model_predict(r->m, &y, &x, t, err));
    rs_arena_rewind(r->m->ex.scratch, mark);
    end_part(r->m, t0, "unet step");
    return RS_OK;
}

/* r->picture into *latent, scaled. */
static rs_status encode(struct run *r, const rs_tensor *latent, rs_err *err)
{
    const rs_vae_config *cfg = rs_bundle_vae(r->m->bundle);
    const bool sample = r->p->encode != RS_ENCODE_MEAN;
    rs_tensor logvar = *latent, noise = *latent;
    if (sample) {
        RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, latent->h, latent->w, latent->c, &logvar, err));
        RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, latent->h, latent->w, latent->c, &noise, err));
    }
    RS_TRY(rs_model_need(r->m, RS_PART_VAE, err));
    const double t0 = rs_prof_start(r->m->ex.prof);
    RS_TRY(rs_vae_encode(&r->m->ex, r->m->vae, &r->picture, latent, sample ? &logvar : NULL, err));
    end_part(r->m, t0, "vae encode");
    const size_t n = rs_tensor_count(latent);
    if (sample) {
        const bool start = r->p->encode == RS_ENCODE_START_NOISE;
        draw(r, start ? rs_seed_start : rs_seed_next, &noise);
        if (start) /* which is drawn again */
            rs_rng_seed(&r->seed.rng, r->p->rng, r->p->seed);
        for (size_t i = 0; i < n; i++)
            latent->data[i] += expf(0.5f * logvar.data[i]) * noise.data[i];
    }
    for (size_t i = 0; i < n; i++)
        latent->data[i] *= cfg->scaling_factor;
    return RS_OK;
}

static rs_status new_latent(struct run *r, int height, int width, rs_err *err)
{
    const int f = rs_model_multiple(r->m), c = rs_bundle_vae(r->m->bundle)->latent_channels;
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, height, width, 3, &r->picture, err));
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, height / f, width / f, c, &r->latent, err));
    r->planar = RS_NEW_N(r->m->run_arena, float, rs_tensor_count(&r->latent));
    if (!r->planar)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a latent");
    return rs_seed_init(r->m->run_arena, r->p, c, r->latent.h, r->latent.w, f, &r->seed, err);
}

static rs_status resize_latent(struct run *r, rs_err *err)
{
    const rs_size s = r->p->latent_size;
    const rs_tensor encoded = r->latent;
    if (!s.width || (s.width == r->picture.w && s.height == r->picture.h))
        return RS_OK;
    if (r->masked || rs_bundle_unet(r->m->bundle)->in_channels != r->latent.c)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "a latent cannot be resized under a mask or for an inpainting "
                       "model: resize the picture");
    const rs_rng rng = r->seed.rng;
    RS_TRY(new_latent(r, s.height, s.width, err));
    r->seed.rng = rng; /* goes on after the posterior's sample */
    rs_latent_resize(&r->latent, &encoded);
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
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, r->latent.h, r->latent.w, r->latent.c, &visible, err));
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, visible.h, visible.w, 1 + visible.c, &r->condition, err));
    rs_condition_hide(&r->picture, masked ? masked->mask : NULL, masked ? masked->params : NULL);
    const rs_rng rng = r->seed.rng;
    RS_TRY(encode(r, &visible, err));
    if (r->p->encode == RS_ENCODE_START_NOISE)
        r->seed.rng = rng; /* encoding has begun it anew */
    rs_condition_join(&r->condition, &visible, masked ? masked->mask : NULL,
                      masked ? masked->params : NULL);
    return RS_OK;
}

/* Of the latent as it is now: start noise, and what a mask and the model need. */
static rs_status prepare(struct run *r, rs_err *err)
{
    RS_TRY(rs_tensor_alloc(r->m->run_arena, 1, r->latent.h, r->latent.w, r->latent.c, &r->noise, err));
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
    RS_TRY(rs_model_need(r->m, RS_PART_UNET, err));
    /* More often only the adaptive sampler asks, for which the last text then stays. */
    RS_TRY(rs_model_make_contexts(r->m, 3 * plan->n_steps + 40, err));
    RS_TRY(rs_denoiser_init(r->m->run_arena, plan->levels, r->p->cfg_scale, r->m->prompts.weights,
                            r->m->prompts.n, n, predict, r, &r->denoiser, err));
    rs_sample_start(plan, r->latent.data, r->noise.data, n);
    const rs_sample_hooks hooks = { .denoise = masked_denoise, .denoise_cookie = r,
                                    .noise = sampler_noise, .seeded_noise = seeded_noise,
                                    .noise_cookie = r, .seed = r->p->seed, .progress = r->progress };
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

static rs_status decode(struct run *r, rs_image *out, rs_err *err)
{
    const float scale = rs_bundle_vae(r->m->bundle)->scaling_factor;
    const size_t n = rs_tensor_count(&r->latent);
    for (size_t i = 0; i < n; i++)
        r->latent.data[i] /= scale;
    RS_TRY(rs_model_need(r->m, RS_PART_VAE, err));
    const double t0 = rs_prof_start(r->m->ex.prof);
    RS_TRY(rs_vae_decode(&r->m->ex, r->m->vae, &r->latent, &r->picture, err));
    end_part(r->m, t0, "vae decode");
    if (!rs_tensor_is_finite(&r->picture))
        return RS_FAIL(err, RS_E_CORRUPT, "the result is not finite (NaN or infinity); the model's "
                       "weights may be damaged");
    RS_TRY(make_room(out, r->picture.w, r->picture.h, err));
    const size_t values = rs_tensor_count(&r->picture);
    for (size_t i = 0; i < values; i++)
        out->rgb[i] = fminf(fmaxf(r->picture.data[i] * 0.5f + 0.5f, 0.0f), 1.0f);
    rs_round_8bit(out->rgb, values, r->p->rounding);
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
    const rs_prompt_request q = { prompt, negative, r->p, calls * steps };
    return rs_model_set_prompts(r->m, &q, err);
}

static rs_status restyle(struct run *r, const rs_image *init, rs_image *out, rs_err *err)
{
    rs_model *m = r->m;
    rs_sample_plan plan;
    RS_TRY(rs_sample_plan_init(m->run_arena, &m->levels, r->p, &plan, err));
    if (plan.n_steps == 0)
        return pass_through(r, init, out, err);
    const char *prompt, *negative;
    rs_list loras;
    RS_TRY(rs_loras_of(m->run_arena, r->p, &loras, &prompt, &negative, err));
    RS_TRY(rs_model_use_loras(m, loras, err));
    const double t0 = rs_prof_start(m->ex.prof);
    RS_TRY(set_prompts(r, &plan, prompt, negative, err));
    end_part(m, t0, "prompts");
    RS_TRY(new_latent(r, init->height, init->width, err));
    const size_t values = rs_tensor_count(&r->picture);
    for (size_t i = 0; i < values; i++)
        r->picture.data[i] = 2.0f * init->rgb[i] - 1.0f;
    RS_TRY(encode(r, &r->latent, err));
    RS_TRY(resize_latent(r, err));
    RS_TRY(prepare(r, err));
    RS_TRY(denoise(r, &plan, err));
    if (r->progress && r->progress->step &&
        !r->progress->step(r->progress->cookie, plan.n_steps, plan.n_steps))
        return RS_FAIL(err, RS_E_CANCELLED, "stopped before decoding");
    RS_TRY(decode(r, out, err));
    if (!r->p->color_correction)
        return RS_OK;
    return rs_color_match(m->run_arena, r->p->color_target ? r->p->color_target : init, out, err);
}

static rs_status check_size(int width, int height, int multiple, rs_err *err)
{
    if (width >= multiple && height >= multiple && width % multiple == 0 && height % multiple == 0)
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "picture of %dx%d: width and height must be multiples of %d", width,
                   height, multiple);
}

rs_status rs_img2img_masked(rs_model *model, const rs_img2img_params *params, rs_masked_run *masked,
                            const rs_image *init, rs_image *out, const rs_progress *progress, rs_err *err)
{
    const rs_size to = params->latent_size;
    RS_TRY(check_size(init->width, init->height, rs_model_multiple(model), err));
    if (to.width || to.height)
        RS_TRY(check_size(to.width, to.height, rs_model_multiple(model), err));
    struct run r = { .m = model, .p = params, .progress = progress, .masked = masked };
    const rs_arena_mark mark = rs_arena_save(model->run_arena);
    model->ex.wrap = params->tiling;
    const rs_status s = restyle(&r, init, out, err);
    rs_arena_rewind(model->run_arena, mark);
    return s;
}

rs_status rs_img2img(rs_model *model, const rs_img2img_params *params, const rs_image *init,
                     rs_image *out, const rs_progress *progress, rs_err *err)
{
    return rs_img2img_masked(model, params, NULL, init, out, progress, err);
}
