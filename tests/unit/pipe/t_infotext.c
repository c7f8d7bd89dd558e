/* Parameters of pictures to pipelines: names of all times, and what has no key. */
#include "infotext/infotext.h"
#include "pipe/infotext_fields.h"
#include "pipe/infotext_names.h"
#include "pipe/schema.h"
#include "restyle/infotext.h"
#include "tests/lib/test.h"

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
    rs_infotext_make(&text, &spec, "0123456789");
    CHECK_STR(rs_strbuf_str(&text),
              "caf\xc3\xa9\nSteps: 20, Sampler: DDIM, Schedule type: Karras, CFG scale: 5, Seed: 42, "
              "Size: 64x48, Model hash: 0123456789, Model: \"name, odd\", Denoising strength: 0.55, "
              "ENSD: 31337, RNG: CPU, Eta: 0.5, Discard penultimate sigma: True, Compat: a1111, "
              "Steps mode: exact, Encode: sample, Version: restyle 0.1.0");
    const char *out = pipeline_of(&yaml, rs_strbuf_str(&text), NULL, 0);
    CHECK(strstr(out, "compat: a1111\n") && strstr(out, "    eta_noise_seed_delta: 31337\n") &&
          strstr(out, "    discard_next_to_last_sigma: always\n"));
    CHECK(strstr(out, "  rng: cpu\n  encode: sample\n") && strstr(out, "  eta: 0.5\n") &&
          strstr(out, "  steps_mode: exact\n") && strstr(out, "  sampler: ddim\n"));
    rs_strbuf_release(&text);
    rs_strbuf_release(&yaml);
}

int main(void)
{
    TEST_RUN(names);
    TEST_RUN(every_field_is_a_key);
    TEST_RUN(of_a1111);
    TEST_RUN(round_trip);
    return 0;
}
