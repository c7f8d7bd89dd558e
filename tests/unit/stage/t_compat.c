#define _POSIX_C_SOURCE 200809L
/* compat: diffusers against the pictures of StableDiffusionImg2ImgPipeline itself
 * (tools/reference/compat.py), compat: comfyui against those of ComfyUI's sampling
 * functions (comfyui.py), and what each way sets. */
#include "stage/compat.h"

#include <unistd.h>

#include "tests/lib/golden.h"
#include "tests/lib/tmpdir.h"

#define DIFFUSERS RS_SOURCE_DIR "/tests/golden/compat.safetensors"
#define COMFYUI RS_SOURCE_DIR "/tests/golden/comfyui.safetensors"
#define TINY RS_SOURCE_DIR "/tests/golden/tiny"

static rs_err err;

/* Both are rounded to 8 bits: where their floats straddle a border they differ by
 * one level. 50 dB is one value in fifteen off by one. */
static const double least_psnr = 50;

static rs_image image_of(const struct golden *g, const char *name)
{
    const rs_wtensor *t = golden_find(g, name);
    size_t n;
    const float *v = golden_f32(g, name, &n);
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, (int)t->shape[1], (int)t->shape[0], &err));
    CHECK_INT(n, im.width * im.height * 3);
    for (size_t i = 0; i < n; i++)
        im.rgb[i] = v[i] / 255.0f;
    return im;
}

static double psnr(const rs_image *a, const rs_image *b)
{
    const size_t n = (size_t)a->width * (size_t)a->height * 3;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)a->rgb[i] - (double)b->rgb[i];
        sum += d * d;
    }
    return sum > 0 ? 10 * log10((double)n / sum) : 99;
}

/* The model with another timestep_spacing in its scheduler_config.json. */
static const char *model_with(const char *spacing)
{
    static const char *const parts[] = { "model_index.json", "text_encoder", "tokenizer", "unet", "vae" };
    char config[400], name[64], link[128];
    const int n = snprintf(config, sizeof(config),
                           "{\"num_train_timesteps\": 1000, \"set_alpha_to_one\": false, \"steps_offset\": 1,"
                           " \"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085,"
                           " \"beta_end\": 0.012, \"timestep_spacing\": \"%s\"}", spacing);
    snprintf(name, sizeof(name), "%s/scheduler/scheduler_config.json", spacing);
    tmpdir_write(name, config, (size_t)n);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        snprintf(link, sizeof(link), "%s/%s", spacing, parts[i]);
        char target[1024];
        snprintf(target, sizeof(target), "%s/%s", TINY, parts[i]);
        CHECK_INT(symlink(target, tmpdir_at(link)), 0);
    }
    return tmpdir_at(spacing);
}

static bool is_scheduler(const char *name)
{
    size_t i = 0;
    while (rs_scheduler_name(i) && strcmp(rs_scheduler_name(i), name) != 0)
        i++;
    return rs_scheduler_name(i);
}

/* "sampler SAID strength steps guidance seed": SAID is a scheduler, or a spacing of the
 * model's, which scheduler `diffusers` reads. */
static void check_case(const struct golden *g, rs_compat compat, rs_model *m, const rs_image *init,
                       const char *name)
{
    char sampler[32], scheduler[32];
    double strength, cfg;
    unsigned long long seed;
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    rs_img2img_compat(&p, compat);
    CHECK(sscanf(rs_weights_metadata(g->file, name), "%31s %31s %lf %d %lf %llu", sampler, scheduler,
                 &strength, &p.steps, &cfg, &seed) == 6);
    p.prompt = rs_weights_metadata(g->file, "prompt");
    p.negative_prompt = rs_weights_metadata(g->file, "negative");
    p.sampler = sampler;
    if (is_scheduler(scheduler))
        p.scheduler = scheduler;
    p.strength = (float)strength;
    p.cfg_scale = (float)cfg;
    p.seed = seed;
    rs_image want = image_of(g, name), got = { 0 };
    CHECK_OK(rs_img2img(m, &p, init, &got, NULL, &err));
    for (int i = 0; i < got.width * got.height * 3; i++) /* 8 bits already */
        CHECK(fabsf(got.rgb[i] * 255 - roundf(got.rgb[i] * 255)) < 1e-4f);
    const double db = psnr(&got, &want);
    printf("%s: %.1f dB of the program's picture\n", name, db);
    CHECK(db >= least_psnr);
    /* not by chance: the noise of another seed is far away */
    p.seed++;
    CHECK_OK(rs_img2img(m, &p, init, &got, NULL, &err));
    CHECK(psnr(&got, &want) < 40);
    rs_image_release(&want);
    rs_image_release(&got);
}

static void check_cases(rs_compat compat, const char *model, const char *const *cases)
{
    struct golden g = golden_open(compat == RS_COMPAT_DIFFUSERS ? DIFFUSERS : COMFYUI);
    rs_model *m = NULL;
    CHECK_OK(rs_model_open(model, &(rs_model_options){ .threads = 2 }, &m, &err));
    rs_image init = image_of(&g, "init");
    for (; *cases; cases++)
        check_case(&g, compat, m, &init, *cases);
    rs_image_release(&init);
    rs_model_close(&m);
    golden_close(&g);
}

static void as_diffusers(void)
{
    check_cases(RS_COMPAT_DIFFUSERS, TINY,
                (const char *const[]){ "euler", "euler_short", "ddim", "karras", "euler_a", NULL });
}

static void as_the_model_says(void)
{
    const rs_compat compat = RS_COMPAT_DIFFUSERS;
    check_cases(compat, TINY, (const char *const[]){ "own_euler", "own_ddim", "own_plms", "plms_whole",
                                                     "plms_all_but_one", "plms_two", "own_dpmpp_2m",
                                                     "own_unipc", NULL });
    check_cases(compat, model_with("leading"), (const char *const[]){ "dpmpp_2m_leading", NULL });
    check_cases(compat, model_with("linspace"), (const char *const[]){ "ddim_linspace", NULL });
    check_cases(compat, model_with("trailing"), (const char *const[]){ "plms_trailing", "ddim_trailing",
                                                                       "unipc_trailing", NULL });
}

static void as_comfyui(void)
{
    check_cases(RS_COMPAT_COMFYUI, TINY,
                (const char *const[]){ "normal", "simple", "beta", "sgm_uniform", "ddim_uniform", "karras",
                                       "exponential", "whole", "ancestral", "ancestral_2", "sde", "sde_3",
                                       NULL });
}

static void ways(void)
{
    rs_img2img_params p, plain;
    rs_img2img_defaults(&plain);
    p = plain;
    rs_img2img_compat(&p, RS_COMPAT_NONE);
    CHECK(memcmp(&p, &plain, sizeof(p)) == 0);
    for (size_t i = 1; rs_compat_choices[i].name; i++) {
        bool known = false;
        rs_img2img_compat(&p, (rs_compat)rs_compat_choices[i].value);
        for (size_t k = 0; rs_scheduler_name(k); k++)
            known = known || strcmp(rs_scheduler_name(k), p.scheduler) == 0;
        CHECK(known && p.rounding != RS_ROUND_NONE);
        CHECK(p.sampling.a1111_steps == (rs_compat_choices[i].value == RS_COMPAT_A1111));
        CHECK(p.sampling.comfyui_noise == (rs_compat_choices[i].value == RS_COMPAT_COMFYUI));
    }
    CHECK(p.encode == RS_ENCODE_START_NOISE && p.rng == RS_RNG_NV); /* sdcpp's */
    p.strength = 0.55f;
    CHECK_INT(rs_img2img_steps(&p), 12);
    p.strength = 1;
    CHECK_INT(rs_img2img_steps(&p), 20);
}

static void rounding(void)
{
    float v[] = { 0, 0.1f, 0.4999f / 255, 1.4999f / 255, 1.5001f / 255, 1 }, w[6];
    memcpy(w, v, sizeof(v));
    rs_round_8bit(w, 6, RS_ROUND_NONE);
    CHECK(memcmp(v, w, sizeof(v)) == 0);
    static const float nearest[] = { 0, 26, 0, 1, 2, 255 }, below[] = { 0, 25, 0, 1, 1, 255 };
    rs_round_8bit(w, 6, RS_ROUND_NEAREST);
    for (int i = 0; i < 6; i++)
        CHECK_NEAR((double)(w[i] * 255), (double)nearest[i], 1e-4);
    memcpy(w, v, sizeof(v));
    rs_round_8bit(w, 6, RS_ROUND_TRUNCATE);
    for (int i = 0; i < 6; i++)
        CHECK_NEAR((double)(w[i] * 255), (double)below[i], 1e-4);
}

/* The posterior's noise is the start noise: as a sample, and not the mean. */
static void start_noise(void)
{
    rs_image in = { 0 }, a = { 0 }, b = { 0 };
    rs_model *m = NULL;
    rs_img2img_params p;
    CHECK_OK(rs_image_alloc(&in, 24, 16, &err));
    for (int i = 0; i < 24 * 16 * 3; i++)
        in.rgb[i] = (float)(i % 97) / 96;
    CHECK_OK(rs_model_open(TINY, NULL, &m, &err));
    rs_img2img_defaults(&p);
    p.prompt = "cat";
    p.encode = RS_ENCODE_START_NOISE;
    CHECK_OK(rs_img2img(m, &p, &in, &a, NULL, &err));
    p.encode = RS_ENCODE_SAMPLE;
    CHECK_OK(rs_img2img(m, &p, &in, &b, NULL, &err));
    CHECK(psnr(&a, &b) < 60);
    p.encode = RS_ENCODE_MEAN;
    CHECK_OK(rs_img2img(m, &p, &in, &b, NULL, &err));
    CHECK(psnr(&a, &b) < 60);
    rs_image_release(&in);
    rs_image_release(&a);
    rs_image_release(&b);
    rs_model_close(&m);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(as_diffusers);
    TEST_RUN(as_the_model_says);
    TEST_RUN(as_comfyui);
    TEST_RUN(ways);
    TEST_RUN(rounding);
    TEST_RUN(start_noise);
    tmpdir_close();
    return 0;
}
