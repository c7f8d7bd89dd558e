/* Parameters of pictures to pipelines: names of all times, and what has no key. */
#include "base/fs.h"
#include "infotext/infotext.h"
#include "pipe/infotext_fields.h"
#include "pipe/infotext_names.h"
#include "pipe/schema.h"
#include "restyle/infotext.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

static rs_err err;

static void collect(void *cookie, const char *text, size_t len)
{
    rs_strbuf_add(cookie, text, len);
}

static const char *pipeline_of(rs_strbuf *sb, const char *text, const rs_override *overrides, size_t n)
{
    rs_strbuf_clear(sb);
    CHECK_OK(rs_infotext_to_pipeline(text, strlen(text), overrides, n, NULL,
                                     &(rs_text_sink){ collect, sb }, &err));
    return rs_strbuf_str(sb);
}

/* Which schedule an infotext means, by field, by an old name, by version. */
static void names(void)
{
    static const struct {
        const char *sampler, *schedule, *version, *our_sampler, *our_schedule;
    } cases[] = {
        { "Euler a", "Karras", "v1.9.4", "euler_a", "karras" },
        { "DPM++ 2M", "Automatic", "v1.9.4", "dpmpp_2m", "karras" },
        { "DPM++ 2M", NULL, "v1.8.0", "dpmpp_2m", "uniform" },
        { "DPM++ 2M", NULL, "v1.8.0-139-g1234", "dpmpp_2m", "uniform" },
        { "DPM++ 2M", NULL, "1.10.1", "dpmpp_2m", "karras" },
        { "DPM++ 2M", NULL, "f2.0.1v1.10.1-previous", "dpmpp_2m", "karras" },
        { "DPM++ 2M", NULL, NULL, "dpmpp_2m", "uniform" },
        { "DPM++ 2M Karras", NULL, "v1.6.0", "dpmpp_2m", "karras" },
        { "Euler", "Automatic", "v1.9.4", "euler", "uniform" },
        { "DDIM", NULL, NULL, "ddim", "uniform" },
        { "Nobody's", "Unheard of", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *sampler, *schedule;
        rs_infotext_sampling(cases[i].sampler, cases[i].schedule, cases[i].version, &sampler, &schedule);
        CHECK_STR(sampler ? sampler : "-", cases[i].our_sampler ? cases[i].our_sampler : "-");
        CHECK_STR(schedule ? schedule : "-", cases[i].our_schedule ? cases[i].our_schedule : "-");
    }
    CHECK_STR(rs_infotext_sampler_label("euler_a"), "Euler a");
    CHECK_STR(rs_infotext_sampler_label("dpmpp_2m"), "DPM++ 2M");
    CHECK_STR(rs_infotext_schedule_label("karras"), "Karras");
    CHECK_STR(rs_infotext_schedule_label("own"), "own");
}

static void every_field_is_a_key(void)
{
    size_t n = 0;
    for (; rs_infotext_row_at(n); n++) {
        const rs_infotext_row *row = rs_infotext_row_at(n);
        CHECK(rs_infotext_row_find(row->key) == row);
        if (row->path && !rs_opt_find(&rs_pipeline_group, row->path))
            TEST_FAIL("%s: there is no key '%s'", row->key, row->path);
    }
    CHECK(n >= 19);
}

static void of_a1111(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 16);
    const char *const text =
        "a \"cat\": (one:1.2)\nand a line\nNegative prompt: bad\n"
        "Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1234567890123, Size: 512x768, "
        "Model hash: 6ce0161689, Model: v1-5, Variation seed: 5, Variation seed strength: 0.1, "
        "Seed resize from: 512x512, Denoising strength: 0.4, Hires upscale: \"2, or: so\", RNG: GPU, "
        "Tiling: True, Eta: much, Version: v1.6.0";
    CHECK_STR(pipeline_of(&sb, text, NULL, 0),
              "# From the parameters of a picture, by 'restyle info --pipeline'.\n"
              "# model: PATH   (missing: write it here, or run with --model PATH)\n"
              "# input: PATH   (missing: write it here, or run with --input PATH)\n"
              "# output: PATH   (missing: write it here, or run with --output PATH)\n"
              "# Fields that have no key here:\n"
              "#   Model hash: 6ce0161689\n"
              "#   Model: v1-5\n"
              "#   Hires upscale: 2, or: so\n"
              "#   Eta: much (no value for a key)\n"
              "#   Version: v1.6.0\n"
              "size: 512x768\n"
              "img2img:\n"
              "  prompt: \"a \\\"cat\\\": (one:1.2)\\nand a line\"\n"
              "  negative_prompt: \"bad\"\n"
              "  strength: 0.4\n"
              "  steps: 28\n"
              "  cfg_scale: 7.5\n"
              "  sampler: dpmpp_2m\n"
              "  scheduler: karras\n"
              "  seed: 1234567890123\n"
              "  variation_seed: 5\n"
              "  variation_strength: 0.1\n"
              "  seed_resize_from: 512x512\n"
              "  rng: nv\n"
              "  tiling: true\n");
    const rs_override overrides[] = { { "--model", "model", "/m" }, { "--input", "input", "/i.png" },
                                      { "--output", "output", "/o.png" },
                                      { "--set", NULL, "img2img.steps=3" } };
    CHECK_STR(pipeline_of(&sb, "x\nSteps: 28, Sampler: Foo, Seed: -1", overrides, 4),
              "# From the parameters of a picture, by 'restyle info --pipeline'.\n"
              "# The picture was made from text alone: it says nothing on img2img.strength.\n"
              "# Fields that have no key here:\n"
              "#   Sampler: Foo (restyle has none of that name)\n"
              "#   Seed: -1 (no value for a key)\n"
              "model: \"/m\"\ninput: \"/i.png\"\noutput: \"/o.png\"\n"
              "img2img:\n  prompt: \"x\"\n  steps: 3\n  scheduler: uniform\n");
    const rs_override wrong = { "--set", NULL, "img2img.steps=none" };
    CHECK_INT(rs_infotext_to_pipeline("x", 1, &wrong, 1, NULL, &(rs_text_sink){ collect, &sb }, &err),
              RS_E_INVALID);
    rs_strbuf_release(&sb);
}

/* What is written gives the values back, defaults and others. */
static void round_trip(void)
{
    rs_strbuf text, yaml;
    rs_strbuf_init(&text, 1 << 16);
    rs_strbuf_init(&yaml, 1 << 16);
    rs_pipeline_spec spec;
    rs_opt_defaults(&rs_pipeline_group, &spec);
    spec.model = "/models/name, odd.safetensors";
    spec.size = (rs_size){ 64, 48 };
    spec.img2img.prompt = "caf\xc3\xa9";
    spec.img2img.steps_mode = RS_STEPS_EXACT;
    spec.img2img.encode = RS_ENCODE_SAMPLE;
    spec.img2img.rng = RS_RNG_CPU;
    spec.img2img.sampler = "ddim";
    spec.img2img.eta = 0.5f;
    spec.img2img.variation_seed = 9;
    spec.img2img.sampling.eta_noise_seed_delta = 31337;
    spec.img2img.sampling.discard_next_to_last_sigma = RS_DISCARD_ALWAYS;
    spec.compat = RS_COMPAT_A1111;
    rs_infotext_make(&text, &spec, &(rs_infotext_facts){ .model_hash = "0123456789" });
    CHECK_STR(rs_strbuf_str(&text),
              "caf\xc3\xa9\nSteps: 20, Sampler: DDIM, Schedule type: Karras, CFG scale: 5, Seed: 42, "
              "Size: 64x48, Model hash: 0123456789, Model: \"name, odd\", Denoising strength: 0.55, "
              "ENSD: 31337, RNG: CPU, Eta DDIM: 0.5, Discard penultimate sigma: True, Compat: a1111, "
              "Steps mode: exact, Encode: sample, Rounding: none, Version: restyle 0.1.0");
    const char *out = pipeline_of(&yaml, rs_strbuf_str(&text), NULL, 0);
    CHECK(strstr(out, "compat: a1111\n") && strstr(out, "    eta_noise_seed_delta: 31337\n") &&
          strstr(out, "    discard_next_to_last_sigma: always\n"));
    CHECK(strstr(out, "  rng: cpu\n  encode: sample\n") && strstr(out, "  eta: 0.5\n") &&
          strstr(out, "  steps_mode: exact\n") && strstr(out, "  sampler: ddim\n"));
    rs_strbuf_release(&text);
    rs_strbuf_release(&yaml);
}

#define MOST 40

/* Pipelines that between them change every key that a field states. */
static const char *const variants[][MOST] = {
    { "img2img.prompt=a, b: \"c\"", "img2img.negative_prompt=d", "size=64x48", "img2img.steps=7",
      "img2img.cfg_scale=6.5", "img2img.seed=123456789012", "img2img.variation_seed=5",
      "img2img.variation_strength=0.25", "img2img.seed_resize_from=64x64", "img2img.strength=0.3",
      "img2img.clip_skip=2", "img2img.rng=cpu", "img2img.tiling=true", "resize=fill",
      "img2img.sampling.s_churn=3", "img2img.sampling.s_tmin=0.1", "img2img.sampling.s_tmax=5",
      "img2img.sampling.s_noise=1.01", "img2img.sampling.noise_multiplier=1.1",
      "img2img.sampling.extra_noise=0.1", "img2img.scheduler=polyexponential", "img2img.sampling.rho=2",
      "img2img.sampling.sigma_min=0.05", "img2img.sampling.sigma_max=12", "img2img.pad_cond_uncond=true",
      "img2img.emphasis=no_norm", "img2img.comma_padding_backtrack=5", "img2img.prompt_steps=executed",
      "img2img.steps_mode=exact", "img2img.encode=sample", "img2img.rounding=truncate",
      "img2img.color_correction=true", "precision=fast", "loops.count=3", "loops.final_strength=0.8",
      "loops.curve=lazy", "img2img.sampling.discard_next_to_last_sigma=always" },
    { "size=64x48", "img2img.sampler=ddim", "img2img.eta=0.5", "img2img.scheduler=beta",
      "img2img.sampling.beta_alpha=0.7", "img2img.sampling.beta_beta=0.8", "inpaint.mode=not_masked",
      "inpaint.blur=9", "inpaint.blur_x=3", "inpaint.blur_y=5", "inpaint.area=only_masked",
      "inpaint.padding=7", "inpaint.content=latent_noise", "inpaint.mask_strength=0.5", "inpaint.soft=true",
      "inpaint.soft_schedule_bias=1.5", "inpaint.soft_preservation=0.75",
      "inpaint.soft_transition_contrast=3", "inpaint.soft_mask_influence=0.1",
      "inpaint.soft_difference_threshold=0.25", "inpaint.soft_difference_contrast=1.5",
      "inpaint.mask=alpha" },
    { "size=64x48", "img2img.sampler=unipc", "img2img.sampling.unipc_order=2",
      "img2img.sampling.unipc_variant=bh2", "img2img.scheduler=explicit",
      "img2img.sampling.sigmas=14.6, 5, 0.5", "inpaint.blend=false", "inpaint.overlay=false",
      "inpaint.content=fill", "inpaint.mask=alpha" },
    { "size=64x48", "img2img.sampler=euler_a", "img2img.eta=0.7", "img2img.sampling.eta_noise_seed_delta=3",
      "sd_upscale.factor=2", "sd_upscale.tile=128", "sd_upscale.overlap=16" },
    { "size=64x48", "compat=a1111", "img2img.encode=mean", "img2img.rounding=none",
      "img2img.scheduler=karras", "img2img.sampler=unipc", "img2img.sampling.unipc_variant=vary_coeff",
      "img2img.sampling.unipc_skip_type=log_snr", "img2img.sampling.unipc_lower_order_final=false" },
    { "size=64x48", "compat=sdcpp", "img2img.rounding=none" },
    { "size=64x48", "outpaint.left=64", "outpaint.right=8", "outpaint.content=latent_noise" },
    { "size=64x48", "outpaint.up=16", "outpaint.down=24", "outpaint.method=mk2", "outpaint.mask_blur=0",
      "outpaint.falloff=1.5", "outpaint.color_variation=0.25", "outpaint.tile=256" },
    { "size=64x48", "compat=comfyui", "img2img.sampler=euler_a" },
    { "size=64x48", "img2img.sampling.quantize_timesteps=true" },
};

static rs_pipeline *open_pipeline(const char *path, const char *const *sets)
{
    rs_override o[MOST] = { { "--model", "model", "/m" }, { "--input", "input", "/i.png" },
                            { "--output", "output", "/o.png" } };
    rs_pipeline_source source = { .path = path, .overrides = o, .n_overrides = 3 };
    rs_pipeline *p = NULL;
    for (; sets && *sets; sets++)
        o[source.n_overrides++] = (rs_override){ "--set", NULL, *sets };
    CHECK_OK(rs_pipeline_open(&source, &p, &err));
    return p;
}

/* The pipeline as it is, its text, the pipeline of that text: the same. A key without default
 * that the text cannot say, the mask, comes from the caller. */
static void check_variant(const char *const *sets, rs_strbuf *text)
{
    static const rs_override alpha = { "--set", NULL, "inpaint.mask=alpha" };
    rs_strbuf yaml, want, got;
    rs_strbuf_init(&yaml, 1 << 16);
    rs_strbuf_init(&want, 1 << 16);
    rs_strbuf_init(&got, 1 << 16);
    rs_pipeline *p = open_pipeline(NULL, sets);
    const bool masked = rs_pipeline_get(p)->inpaint.mask;
    rs_strbuf_clear(text);
    rs_infotext_make(text, rs_pipeline_get(p), NULL);
    CHECK_OK(rs_pipeline_dump(p, &(rs_text_sink){ collect, &want }, &err));
    rs_pipeline_close(&p);
    pipeline_of(&yaml, rs_strbuf_str(text), &alpha, masked ? 1 : 0);
    CHECK_OK(rs_write_file(tmpdir_at("of.yaml"), rs_strbuf_str(&yaml), yaml.len, &err));
    p = open_pipeline(tmpdir_at("of.yaml"), NULL);
    CHECK_OK(rs_pipeline_dump(p, &(rs_text_sink){ collect, &got }, &err));
    CHECK_STR(rs_strbuf_str(&got), rs_strbuf_str(&want));
    rs_pipeline_close(&p);
    rs_strbuf_release(&yaml);
    rs_strbuf_release(&want);
    rs_strbuf_release(&got);
}

static void every_key_comes_back(void)
{
    bool written[200] = { false };
    rs_strbuf text;
    rs_strbuf_init(&text, 1 << 16);
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        check_variant(variants[i], &text);
        for (size_t k = 0; rs_infotext_row_at(k); k++) {
            char field[80];
            snprintf(field, sizeof(field), " %s: ", rs_infotext_row_at(k)->key);
            written[k] = written[k] || strstr(rs_strbuf_str(&text), field) || k == 0;
        }
    }
    for (size_t k = 0; rs_infotext_row_at(k); k++)
        if (rs_infotext_row_at(k)->path && !written[k])
            TEST_FAIL("no variant writes '%s'", rs_infotext_row_at(k)->key);
    rs_strbuf_release(&text);
}

/* A1111's own way of writing what is inpainted, and a mask that is asked for. */
static void inpainting(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 16);
    const char *out = pipeline_of(
        &sb, "<lora:ink:0.5>x\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, "
             "Denoising strength: 0.75, Clip skip: 2, Mask mode: Inpaint not masked, Mask blur: 4, "
             "Inpaint area: Only masked, Masked area padding: 32, Masked content: latent nothing, "
             "Soft inpainting enabled: True, Soft inpainting schedule bias: 1, Pad conds: True, "
             "Lora hashes: \"ink: 0123456789ab\", Batch size: 4, Batch pos: 2, Version: v1.9.4", NULL, 0);
    CHECK(strstr(out, "# inpaint.mask: PATH ") && strstr(out, "# img2img.lora_dir: PATH "));
    CHECK(strstr(out, "#   Lora hashes: ink: 0123456789ab\n#   Batch size: 4\n#   Batch pos: 2\n"));
    CHECK(strstr(out, "\ninpaint:\n  blur: 4\n  mode: not_masked\n  content: latent_nothing\n"
                      "  area: only_masked\n  padding: 32\n  soft: true\n  soft_schedule_bias: 1\n"));
    CHECK(strstr(out, "  clip_skip: 2\n  pad_cond_uncond: true\n"));
    rs_strbuf_release(&sb);
}

/* One value that does not go with the others takes nothing with it. */
static void refused_together(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 16);
    const char *out = pipeline_of(
        &sb, "a <lora:x:y>\nSteps: 20, Sampler: Euler, Seed: 1, UniPC order: 2, Sigma tmin: 1, "
             "Denoising strength: 0.5, SD upscale overlap: 8", NULL, 0);
    CHECK(strstr(out, "#   img2img.sampling.unipc_order: has no effect with sampler euler"));
    CHECK(strstr(out, "#   img2img.sampling.s_tmin: has no effect with sampler euler while s_churn is 0"));
    CHECK(strstr(out, "#   sd_upscale.overlap: has no effect alone"));
    CHECK(strstr(out, "#   img2img.prompt: prompt: <lora:x:y>: the multiplier is 'y'"));
    CHECK(strstr(out, "img2img:\n  prompt: \"a <lora:x:y>\"\n  strength: 0.5\n  steps: 20\n  sampler: euler\n"
                      "  scheduler: uniform\n  seed: 1\n"));
    CHECK(!strstr(out, "s_tmin: 1\n") && !strstr(out, "\n  overlap:"));
    rs_strbuf_release(&sb);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(names);
    TEST_RUN(every_field_is_a_key);
    TEST_RUN(of_a1111);
    TEST_RUN(round_trip);
    TEST_RUN(every_key_comes_back);
    TEST_RUN(inpainting);
    TEST_RUN(refused_together);
    tmpdir_close();
    return 0;
}
