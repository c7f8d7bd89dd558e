/* Whole img2img runs against k-diffusion and diffusers: every sampler with every
 * schedule that were first here and some later ones (t_sampler.c has all of them),
 * guidance off, full strength, v prediction. Each run is made twice:
 * by the public call, whose picture is compared, and step by step, so that a
 * failure names the first wrong step. */
#include "base/rng.h"
#include "sample/denoise.h"
#include "sample/plan.h"
#include "stage/engine.h"
#include "tests/lib/golden_model.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"

static rs_err err;

static const float *values_of(const struct golden *g, const char *run, const char *key, size_t *n)
{
    char name[1200];
    snprintf(name, sizeof name, "%s/%s", run, key);
    return golden_f32(g, name, n);
}

/* Of a key that only some runs have. */
static float number_of(const struct golden *g, const char *run, const char *key, float otherwise)
{
    char name[1200];
    snprintf(name, sizeof name, "%s/%s", run, key);
    const char *value = rs_weights_metadata(g->file, name);
    return value ? strtof(value, NULL) : otherwise;
}

static rs_img2img_params params_of(const struct golden *g, const char *run)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = golden_text(g, NULL, "prompt");
    p.negative_prompt = golden_text(g, NULL, "negative");
    p.sampler = golden_text(g, run, "sampler");
    p.scheduler = golden_text(g, run, "scheduler");
    p.strength = strtof(golden_text(g, run, "strength"), NULL);
    p.steps = (int)strtol(golden_text(g, run, "steps"), NULL, 10);
    p.cfg_scale = strtof(golden_text(g, run, "cfg_scale"), NULL);
    p.eta = strtof(golden_text(g, run, "eta"), NULL);
    p.seed = strtoull(golden_text(g, run, "seed"), NULL, 10);
    p.rng = RS_RNG_CPU;
    p.sampling.s_churn = number_of(g, run, "s_churn", 0);
    p.sampling.s_noise = number_of(g, run, "s_noise", 1);
    p.sampling.noise_multiplier = number_of(g, run, "noise_multiplier", 1);
    p.sampling.extra_noise = number_of(g, run, "extra_noise", 0);
    p.sampling.eta_noise_seed_delta = (int)number_of(g, run, "eta_noise_seed_delta", 0);
    return p;
}

/* The picture of a tensor [1, 3, h, w]. */
static rs_image picture_of(const struct golden *g, const char *name)
{
    const rs_wtensor *t = golden_find(g, name);
    size_t n;
    const float *planar = golden_f32(g, name, &n);
    rs_image image;
    CHECK_OK(rs_image_alloc(&image, (int)t->shape[3], (int)t->shape[2], &err));
    const rs_tensor view = { 1, image.height, image.width, 3, image.rgb };
    CHECK_INT(rs_tensor_count(&view), n);
    rs_tensor_from_planar(&view, planar);
    return image;
}

/* ---- step by step ---- */

struct trace {
    rs_model *m;
    const char *run;
    rs_rng rng;
    rs_tensor latent;
    float *planar;       /* room for one latent in torch's order */
    const float *want;   /* [n_steps + 1, c, h, w] */
    double worst;
};

static void check_latent(struct trace *t, int step)
{
    const size_t n = rs_tensor_count(&t->latent);
    rs_tensor_to_planar(t->planar, &t->latent);
    const double e = golden_error(t->planar, t->want + (size_t)step * n, n);
    if (!(e <= RUN_TOL))
        TEST_FAIL("%s: before step %d: relative error %.3g, at most %g", t->run, step, e, RUN_TOL);
    t->worst = e > t->worst ? e : t->worst;
}

static bool on_step(void *cookie, int step, int n_steps)
{
    (void)n_steps;
    check_latent(cookie, step);
    return true;
}

static void draw(void *cookie, float *dst)
{
    struct trace *t = cookie;
    rs_tensor view = t->latent;
    view.data = dst;
    rs_rng_normal(&t->rng, t->planar, rs_tensor_count(&view));
    rs_tensor_from_planar(&view, t->planar);
}

static void draw_fresh(void *cookie, uint64_t seed, float *dst)
{
    struct trace *t = cookie;
    const rs_rng row = t->rng;
    rs_rng_seed(&t->rng, RS_RNG_CPU, seed);
    draw(t, dst);
    t->rng = row;
}

static rs_status predict(void *cookie, const float *in, int batch, float t, float *out, rs_err *e)
{
    struct trace *tr = cookie;
    rs_tensor x = tr->latent, y = tr->latent;
    x.n = y.n = batch;
    y.data = out;
    memcpy(&x.data, &in, sizeof in);
    return rs_model_predict(tr->m, &y, &x, t, e);
}

static void check_sigmas(const struct golden *g, const char *run, const rs_sample_plan *plan)
{
    size_t n;
    const float *want = values_of(g, run, "sigmas", &n);
    CHECK_INT(plan->n_steps + 1, n);
    for (size_t i = 0; i < n; i++)
        if (fabs(plan->sigmas[i] - (double)want[i]) > 1e-7 * (double)want[i]) /* rounded to float32 */
            TEST_FAIL("%s: sigma %zu is %.9g, want %.9g", run, i, plan->sigmas[i], (double)want[i]);
}

static void check_mean(struct trace *t, const struct golden *g, const rs_image *init)
{
    const float scale = rs_bundle_vae(t->m->bundle)->scaling_factor;
    rs_tensor x;
    size_t n;
    CHECK_OK(rs_tensor_alloc(g->arena, 1, init->height, init->width, 3, &x, &err));
    for (size_t i = 0; i < rs_tensor_count(&x); i++)
        x.data[i] = 2 * init->rgb[i] - 1;
    CHECK_OK(rs_vae_encode(&t->m->ex, t->m->vae, &x, &t->latent, NULL, &err));
    for (size_t i = 0; i < rs_tensor_count(&t->latent); i++)
        t->latent.data[i] *= scale;
    const float *want = values_of(g, t->run, "mean", &n);
    CHECK_INT(n, rs_tensor_count(&t->latent));
    rs_tensor_to_planar(t->planar, &t->latent);
    CHECK_NEAR(golden_error(t->planar, want, n), 0, WHOLE_TOL);
}

static double step_by_step(rs_model *m, const struct golden *g, const char *run, const rs_image *init)
{
    const rs_img2img_params p = params_of(g, run);
    const int f = rs_model_multiple(m), c = rs_bundle_vae(m->bundle)->latent_channels;
    struct trace t = { .m = m, .run = run };
    rs_sample_plan plan;
    rs_denoiser d;
    rs_tensor noise;
    size_t n_want;
    CHECK_OK(rs_tensor_alloc(g->arena, 1, init->height / f, init->width / f, c, &t.latent, &err));
    CHECK_OK(rs_tensor_alloc(g->arena, 1, t.latent.h, t.latent.w, c, &noise, &err));
    const size_t n = rs_tensor_count(&t.latent);
    t.planar = RS_NEW_N(g->arena, float, n);
    CHECK_OK(rs_sample_plan_init(g->arena, &m->levels, &p, &plan, &err));
    check_sigmas(g, run, &plan);
    const rs_prompt_request q = { p.prompt, p.negative_prompt, &p, p.steps, 1 };
    CHECK_OK(rs_model_set_prompts(m, &q, &err));
    const float one = 1;
    CHECK_OK(rs_denoiser_init(g->arena, plan.levels, p.cfg_scale, &one, 1, n, predict, &t, &d, &err));
    CHECK_OK(rs_model_make_contexts(m, d.batch, plan.n_steps, &err));
    check_mean(&t, g, init);
    t.want = values_of(g, run, "x", &n_want);
    CHECK_INT(n_want, n * (size_t)(plan.n_steps + 1));
    rs_rng_seed(&t.rng, p.rng, p.seed);
    draw(&t, noise.data);
    rs_sample_start(&plan, t.latent.data, noise.data, n);
    if (p.sampling.eta_noise_seed_delta)
        rs_rng_seed(&t.rng, p.rng, p.seed + (uint64_t)p.sampling.eta_noise_seed_delta);
    const rs_progress progress = { .step = on_step, .cookie = &t };
    const rs_sample_hooks hooks = { .denoise = rs_denoiser_run, .denoise_cookie = &d, .noise = draw,
                                    .seeded_noise = draw_fresh, .noise_cookie = &t, .seeds = &p.seed,
                                    .n_pictures = 1, .progress = &progress };
    CHECK_OK(rs_sample_run(&plan, &hooks, t.latent.data, n, g->arena, &err));
    check_latent(&t, plan.n_steps);
    return t.worst;
}

/* ---- by the public call ---- */

static double by_public_call(rs_model *m, const struct golden *g, const char *run, const rs_image *init)
{
    const rs_img2img_params p = params_of(g, run);
    char name[1200];
    rs_image out = { 0 };
    snprintf(name, sizeof name, "%s/image", run);
    rs_image want = picture_of(g, name);
    CHECK_OK(rs_img2img(m, &p, init, &out, NULL, &err));
    CHECK(out.width == want.width && out.height == want.height);
    const double e = golden_error(out.rgb, want.rgb, 3 * (size_t)out.width * (size_t)out.height);
    if (!(e <= RUN_TOL))
        TEST_FAIL("%s: picture: relative error %.3g, at most %g", run, e, RUN_TOL);
    rs_image_release(&out);
    rs_image_release(&want);
    return e;
}

static void all_runs(const struct golden *g, const char *model)
{
    char path[256], name[64], runs[1024];
    rs_model *m = NULL;
    int n_runs = 0;
    snprintf(path, sizeof path, GOLDEN "%s", model);
    snprintf(name, sizeof name, "init/%s", model);
    rs_image init = picture_of(g, name);
    CHECK_OK(rs_model_open(path, &(rs_model_options){ .threads = 2 }, &m, &err));
    CHECK(strlen(golden_text(g, NULL, "runs")) < sizeof runs);
    snprintf(runs, sizeof runs, "%s", golden_text(g, NULL, "runs"));
    for (const char *run = strtok(runs, ","); run; run = strtok(NULL, ",")) {
        if (strcmp(golden_text(g, run, "model"), model) != 0)
            continue;
        const double steps = step_by_step(m, g, run, &init);
        printf("%s: relative error %.2g over the steps, %.2g of the picture\n", run, steps,
               by_public_call(m, g, run, &init));
        n_runs++;
    }
    CHECK(n_runs >= 2);
    rs_image_release(&init);
    rs_model_close(&m);
}

/* The same picture, byte for byte: from the single file in half precision, which
 * holds the same values; with other numbers of threads; and a second time. */
static void same_bytes(const struct golden *g)
{
    static const struct {
        const char *path;
        rs_model_options options;
    } ways[] = {
        { GOLDEN "tiny", { .threads = 1 } },
        { GOLDEN "tiny", { .threads = 3 } },
        { GOLDEN "tiny_single.safetensors", { .threads = 2, .tokenizer = GOLDEN "tiny/tokenizer" } },
    };
    const rs_img2img_params p = params_of(g, "euler_a_karras");
    rs_image init = picture_of(g, "init/tiny"), first = { 0 };
    const size_t bytes = 3 * sizeof(float) * (size_t)init.width * (size_t)init.height;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        rs_model *m = NULL;
        CHECK_OK(rs_model_open(ways[i].path, &ways[i].options, &m, &err));
        for (int k = 0; k < 2; k++) {
            rs_image out = { 0 };
            CHECK_OK(rs_img2img(m, &p, &init, &out, NULL, &err));
            if (!first.rgb) {
                first = out;
                continue;
            }
            CHECK(!memcmp(out.rgb, first.rgb, bytes));
            rs_image_release(&out);
        }
        rs_model_close(&m);
    }
    rs_image_release(&first);
    rs_image_release(&init);
}

int main(void)
{
    struct golden g = golden_open(GOLDEN "runs.safetensors");
    all_runs(&g, "tiny");
    all_runs(&g, "tiny2");
    same_bytes(&g);
    golden_close(&g);
    return 0;
}
