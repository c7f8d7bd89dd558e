/* What the same settings mean elsewhere:
 *
 *              steps      generator  autoencoder        8 bits    schedule
 *     a1111    a1111      nv         mean               truncate  automatic
 *     comfyui  exact      cpu        mean               truncate  normal
 *     diffusers diffusers cpu        sample, drawn 1st  nearest   the model's (spacing.h)
 *     sdcpp    sdcpp      nv         sample = noise     nearest   uniform (discrete)
 *
 * Sources: A1111 modules/processing.py, rng.py, sd_samplers_common.py (it samples the
 * posterior with a generator that no seed sets, and ComfyUI's nodes do too or take the
 * mean, by version: the mean is the middle of what they give); ComfyUI comfy/sample.py,
 * comfy/samplers.py, comfy/model_sampling.py (see sample/plan.h); diffusers
 * pipeline_stable_diffusion_img2img.py; stable-diffusion.cpp
 * src/stable-diffusion.cpp (the generator starts over between posterior and noise) and
 * src/runtime/preprocessing.hpp (97d29908; earlier ones truncated). */
#include "stage/compat.h"

#include <math.h>

const rs_opt_choice rs_compat_choices[] = {
    { "none", RS_COMPAT_NONE, "restyle's own defaults" },
    { "a1111", RS_COMPAT_A1111, "A1111's web UI since 1.9" },
    { "comfyui", RS_COMPAT_COMFYUI, "ComfyUI's KSampler" },
    { "diffusers", RS_COMPAT_DIFFUSERS, "diffusers' StableDiffusionImg2ImgPipeline" },
    { "sdcpp", RS_COMPAT_SDCPP, "stable-diffusion.cpp" },
    { 0 }
};

static const struct {
    rs_steps_mode steps_mode;
    rs_rng_kind rng;
    rs_encode_mode encode;
    rs_rounding rounding;
    const char *scheduler;
    rs_discard discard;
} ways[] = {
    [RS_COMPAT_A1111] = { RS_STEPS_A1111, RS_RNG_NV, RS_ENCODE_MEAN, RS_ROUND_TRUNCATE, "automatic",
                          RS_DISCARD_AUTO },
    [RS_COMPAT_COMFYUI] = { RS_STEPS_EXACT, RS_RNG_CPU, RS_ENCODE_MEAN, RS_ROUND_TRUNCATE, "normal",
                            RS_DISCARD_AUTO },
    [RS_COMPAT_DIFFUSERS] = { RS_STEPS_DIFFUSERS, RS_RNG_CPU, RS_ENCODE_SAMPLE, RS_ROUND_NEAREST,
                              "diffusers", RS_DISCARD_AUTO },
    [RS_COMPAT_SDCPP] = { RS_STEPS_SDCPP, RS_RNG_NV, RS_ENCODE_START_NOISE, RS_ROUND_NEAREST,
                          "uniform", RS_DISCARD_NEVER },
};

void rs_img2img_compat(rs_img2img_params *params, rs_compat compat)
{
    if (compat <= RS_COMPAT_NONE || (size_t)compat >= sizeof(ways) / sizeof(ways[0]))
        return;
    params->steps_mode = ways[compat].steps_mode;
    params->rng = ways[compat].rng;
    params->encode = ways[compat].encode;
    params->rounding = ways[compat].rounding;
    params->scheduler = ways[compat].scheduler;
    params->sampling.a1111_steps = compat == RS_COMPAT_A1111;
    params->sampling.discard_next_to_last_sigma = ways[compat].discard;
    params->sampling.quantize_timesteps = params->sampling.comfyui_noise = compat == RS_COMPAT_COMFYUI;
}

void rs_round_8bit(float *out, size_t n, rs_rounding rounding)
{
    if (rounding == RS_ROUND_NONE)
        return;
    const float half = rounding == RS_ROUND_NEAREST ? 0.5f : 0.0f;
    for (size_t i = 0; i < n; i++)
        out[i] = floorf(out[i] * 255.0f + half) / 255.0f;
}
