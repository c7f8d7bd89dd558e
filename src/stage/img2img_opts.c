#include "stage/img2img_opts.h"

#include "restyle/img2img.h"
#include "stage/lora_opts.h"
#include "stage/sampling_opts.h"

static const rs_opt_choice steps_modes[] = {
    { "a1111", RS_STEPS_A1111, "int(min(strength, 0.999) * steps) + 1 steps, as A1111 does" },
    { "exact", RS_STEPS_EXACT, "as many as `steps` says, whatever the strength" },
    { "diffusers", RS_STEPS_DIFFUSERS, "int(steps * strength) steps, as diffusers does" },
    { "sdcpp", RS_STEPS_SDCPP, "as a1111, in stable-diffusion.cpp's single precision" },
    { 0 }
};

static const rs_opt_choice rngs[] = {
    { "nv", RS_RNG_NV, "the generator of NVIDIA cards, A1111's usual one" },
    { "cpu", RS_RNG_CPU, "torch's generator on processors" },
    { 0 }
};

static const rs_opt_choice encode_modes[] = {
    { "mean", RS_ENCODE_MEAN, "the mean of what the autoencoder sees: repeatable" },
    { "sample", RS_ENCODE_SAMPLE, "a sample of it, drawn with the seed, as diffusers does" },
    { "start_noise", RS_ENCODE_START_NOISE,
      "a sample of it, with the noise that the run starts from, as stable-diffusion.cpp does" },
    { 0 }
};

static const rs_opt_choice roundings[] = {
    { "none", RS_ROUND_NONE, "what follows gets the unrounded result; files are rounded to the nearest" },
    { "nearest", RS_ROUND_NEAREST, "to the nearest of 8 bits' levels" },
    { "truncate", RS_ROUND_TRUNCATE, "to the level below, as A1111 does: half a level darker each time" },
    { 0 }
};

static const rs_opt_choice emphases[] = {
    { "original", RS_EMPHASIS_ORIGINAL, "weighted tokens are multiplied, then the mean is restored" },
    { "no_norm", RS_EMPHASIS_NO_NORM, "as original, without restoring the mean" },
    { "ignore", RS_EMPHASIS_IGNORE, "brackets are read, but weights are not used" },
    { "none", RS_EMPHASIS_NONE, "brackets are text like any other" },
    { 0 }
};

static const rs_opt_choice prompt_steps[] = {
    { "all", RS_PROMPT_STEPS_ALL, "all of `steps`, also those that strength leaves out, as A1111" },
    { "executed", RS_PROMPT_STEPS_EXECUTED, "the steps that strength executes" },
    { 0 }
};

static const rs_opt style_item = { .type = &rs_opt_string, .min = 1 };
static const rs_opt_list_of style_list = { &style_item, sizeof(const char *) };

static const rs_opt_kind samplers = { rs_sampler_name, rs_sampler_help };
static const rs_opt_kind schedulers = { rs_scheduler_name, rs_scheduler_help };

static const rs_opt_word eta_auto = { "auto", -1, "the sampler's own: 0 for ddim, 0.3 for tcd, 1 for the "
                                                  "others that take it" };

static void check_img2img(rs_opt_ctx *ctx, const char *prefix, const rs_value *map,
                          const void *values)
{
    rs_check_sampling(ctx, prefix, map, values);
    const rs_entry *given = rs_opt_given(map, "variation_seed");
    if (given && !rs_opt_given(map, "variation_strength"))
        rs_diags_add(ctx->diags, given->value->pos, rs_opt_key_path(ctx, prefix, "variation_seed"),
                     RS_E_INVALID, NULL,
                     "has no effect without variation_strength: set that, 0.1 is a small change");
}

#define OPT_STRUCT rs_img2img_params
static const rs_opt rows[] = {
    { "prompt", OPT_STRING(prompt), AFFECTS_OUTPUT,
      HELP("what the picture shall become, in words") },
    { "negative_prompt", OPT_STRING(negative_prompt), AFFECTS_OUTPUT,
      HELP("what it shall move away from; works when cfg_scale is above 1") },
    { "styles", OPT_LIST(styles, &style_list), AFFECTS_OUTPUT, EXAMPLE("[Watercolor]"),
      HELP("names in styles_file whose texts are added to prompt and negative_prompt, in order") },
    { "styles_file", OPT_PATH(styles_file), FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("A1111's styles.csv: name, prompt and negative_prompt, with {prompt} where yours goes") },
    { "emphasis", OPT_ENUM(emphasis, emphases), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("how weights such as (word:1.2) change the prompt") },
    { "clip_skip", OPT_INT(clip_skip), RANGE(1, 48), AFFECTS_OUTPUT,
      HELP("1 reads the text encoder's last layer, 2 the one before, and so on") },
    { "comma_padding_backtrack", OPT_INT(comma_backtrack), RANGE(0, 74),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT), UNIT("tokens"),
      HELP("how far back a comma may lie at which a prompt of more than 75 tokens is cut") },
    { "pad_cond_uncond", OPT_BOOL(pad_cond_uncond), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("fill up the shorter of prompt and negative_prompt to the chunks of the other") },
    { "prompt_steps", OPT_ENUM(prompt_steps, prompt_steps), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("what [from:to:when] counts") },
    { "strength", OPT_FLOAT(strength), RANGE(0, 1), AFFECTS_OUTPUT,
      HELP("how far from the source: the share of the noise schedule that is run; 0 passes the "
           "frame through") },
    { "steps", OPT_INT(steps), RANGE(1, 1000), AFFECTS_OUTPUT,
      HELP("denoising steps of a whole schedule, of which strength runs a share") },
    { "steps_mode", OPT_ENUM(steps_mode, steps_modes), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("how strength and steps become executed steps") },
    { "cfg_scale", OPT_FLOAT(cfg_scale), RANGE(0, 100), AFFECTS_OUTPUT,
      HELP("how strictly the prompt is followed; 1 ignores the negative prompt and takes half the "
           "time") },
    { "sampler", OPT_KIND(sampler, &samplers), AFFECTS_OUTPUT, HELP("how each step is taken") },
    { "scheduler", OPT_KIND(scheduler, &schedulers), AFFECTS_OUTPUT,
      HELP("how the noise levels of the steps are spaced") },
    { "eta", OPT_FLOAT(eta), RANGE(0, 1), WORD(&eta_auto),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("share of fresh noise in each step, of samplers that add some") },
    { "sampling", OPT_GROUP(rs_sampling_params, sampling, &rs_sampling_group) },
    { "seed", OPT_SEED(seed), AFFECTS_OUTPUT,
      HELP("start of the noise: the same seed gives the same picture") },
    { "variation_seed", OPT_SEED(variation_seed), AFFECTS_OUTPUT,
      HELP("a second seed, whose noise is mixed in by variation_strength") },
    { "variation_strength", OPT_FLOAT(variation_strength), RANGE(0, 1), AFFECTS_OUTPUT,
      HELP("how far the noise turns from seed's to variation_seed's: 0.1 is a small change") },
    { "seed_resize_from", OPT_SIZE(seed_resize_from), RANGE(8, 16384), STEP(8), UNIT("pixels"),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("put the noise that the seed gives a picture of this size in the middle, so that a "
           "larger or smaller one resembles it") },
    { "rng", OPT_ENUM(rng, rngs), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("which generator turns the seed into noise") },
    { "encode", OPT_ENUM(encode, encode_modes), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("how the autoencoder's result is used") },
    { "rounding", OPT_ENUM(rounding, roundings), FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("how the result becomes 8 bits") },
    { "tiling", OPT_BOOL(tiling), AFFECTS_OUTPUT,
      HELP("make a picture that can be laid side by side without seams: convolutions continue at "
           "the opposite edge (A1111's tiling)") },
    { "color_correction", OPT_BOOL(color_correction), AFFECTS_OUTPUT,
      HELP("give the result the colours of the source and keep its own light and shade, as A1111's "
           "option; stops colours drifting in a loop") },
    { "loras", OPT_LIST(loras, &rs_lora_list), AFFECTS_OUTPUT,
      EXAMPLE("[{path: ink.safetensors, weight: 0.8}]"),
      HELP("networks merged into the model: LoRA, LoHa, LoKr, IA3, full differences, DoRA") },
    { "lora_dir", OPT_PATH(lora_dir), EXAMPLE("loras"), FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("the folder in which <lora:name:weight> in a prompt finds name.safetensors, or the file "
           "whose trainer called it so") },
    { "hypernetworks", OPT_LIST(hypernetworks, &rs_hypernetwork_list), AFFECTS_OUTPUT,
      EXAMPLE("[{path: ink.pt, weight: 0.8}]"),
      HELP("A1111's hypernetworks, which change what attention reads, one after the other") },
    { "hypernetwork_dir", OPT_PATH(hypernetwork_dir), EXAMPLE("hypernetworks"),
      FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("the folder in which <hypernet:name:weight> in a prompt finds name.pt") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_img2img_group = {
    .help = "how each frame is restyled",
    .rows = rows,
    .size = sizeof(rs_img2img_params),
    .defaults =
        &(const rs_img2img_params){
            .prompt = "",
            .negative_prompt = "",
            .emphasis = RS_EMPHASIS_ORIGINAL,
            .clip_skip = 1,
            .comma_backtrack = 20,
            .prompt_steps = RS_PROMPT_STEPS_ALL,
            .strength = 0.55f,
            .steps = 20,
            .steps_mode = RS_STEPS_A1111,
            .cfg_scale = 5,
            .sampler = "euler",
            .scheduler = "karras",
            .eta = -1,
            .seed = 42,
            .rng = RS_RNG_NV,
            .encode = RS_ENCODE_MEAN,
        },
    .check = check_img2img,
};
