#include "pipe/infotext_fields.h"

#include <string.h>

#include "base/fs.h"
#include "infotext/infotext.h"
#include "pipe/infotext_names.h"
#include "pipe/schema.h"
#include "restyle/version.h"

static const rs_infotext_word rngs[] = { { "nv", "NV" }, { "cpu", "CPU" }, { 0 } };
static const rs_infotext_word discards[] = { { "always", "True" }, { 0 } };
static const rs_infotext_word truths[] = { { "true", "True" }, { "false", "False" }, { 0 } };

static const rs_infotext_word emphases[] = {
    { "original", "Original" }, { "no_norm", "No norm" }, { "ignore", "Ignore" }, { "none", "None" }, { 0 }
};
static const rs_infotext_word resizes[] = { { "stretch", "Just resize" },
                                            { "crop", "Crop and resize" },
                                            { "fill", "Resize and fill" },
                                            { "latent", "Just resize (latent upscale)" },
                                            { 0 } };
static const rs_infotext_word skips[] = { { "log_snr", "logSNR" }, { 0 } };
static const rs_infotext_word modes[] = { { "masked", "Inpaint masked" },
                                          { "not_masked", "Inpaint not masked" },
                                          { 0 } };
static const rs_infotext_word areas[] = { { "whole", "Whole picture" },
                                          { "only_masked", "Only masked" },
                                          { 0 } };
static const rs_infotext_word contents[] = { { "latent_noise", "latent noise" },
                                             { "latent_nothing", "latent nothing" },
                                             { 0 } };
static const rs_infotext_word curves[] = {
    { "linear", "Linear" }, { "aggressive", "Aggressive" }, { "lazy", "Lazy" }, { 0 }
};

enum {
    SAID = 0,
    DEFAULT = RS_INFOTEXT_CHANGED, /* is left out */
    VARIED = RS_INFOTEXT_VARIED,
    MASK = RS_INFOTEXT_MASK,
    PART = RS_INFOTEXT_PART,
    SOFT = RS_INFOTEXT_SOFT,
    LOOPS = RS_INFOTEXT_LOOPS,
    TILES = RS_INFOTEXT_TILES
};

/* Names and words of what A1111 has: modules/processing.py (create_infotext and
 * StableDiffusionProcessingImg2Img.init), shared_options.py, scripts/loopback.py,
 * extensions-builtin/soft-inpainting. */
static const rs_infotext_row rows[] = {
    { "Steps", "img2img.steps", SAID, NULL },
    { "Sampler", "img2img.sampler", SAID, NULL },
    { "Schedule type", "img2img.scheduler", SAID, NULL },
    { "CFG scale", "img2img.cfg_scale", SAID, NULL },
    { "Seed", "img2img.seed", SAID, NULL },
    { "Size", "size", SAID, NULL },
    { "Model hash", NULL, SAID, NULL },
    { "Model", NULL, SAID, NULL },
    { "Variation seed", "img2img.variation_seed", VARIED, NULL },
    { "Variation seed strength", "img2img.variation_strength", DEFAULT, NULL },
    { "Seed resize from", "img2img.seed_resize_from", SAID, NULL },
    { "Denoising strength", "img2img.strength", SAID, NULL },
    { "Conditional mask weight", "inpaint.mask_strength", MASK | DEFAULT, NULL },
    { "Clip skip", "img2img.clip_skip", DEFAULT, NULL },
    { "ENSD", "img2img.sampling.eta_noise_seed_delta", DEFAULT, NULL },
    { "RNG", "img2img.rng", SAID, rngs },
    { "Tiling", "img2img.tiling", DEFAULT, truths },
    { "Mask mode", "inpaint.mode", MASK | DEFAULT, modes },
    { "Mask blur", "inpaint.blur", MASK, NULL },
    { "Inpaint area", "inpaint.area", MASK | DEFAULT, areas },
    { "Masked area padding", "inpaint.padding", PART, NULL },
    { "Masked content", "inpaint.content", MASK | DEFAULT, contents },
    { "Soft inpainting enabled", "inpaint.soft", SOFT, truths },
    { "Soft inpainting schedule bias", "inpaint.soft_schedule_bias", SOFT, NULL },
    { "Soft inpainting preservation strength", "inpaint.soft_preservation", SOFT, NULL },
    { "Soft inpainting transition contrast boost", "inpaint.soft_transition_contrast", SOFT, NULL },
    { "Soft inpainting mask influence", "inpaint.soft_mask_influence", SOFT, NULL },
    { "Soft inpainting difference threshold", "inpaint.soft_difference_threshold", SOFT, NULL },
    { "Soft inpainting difference contrast", "inpaint.soft_difference_contrast", SOFT, NULL },
    { "Final denoising strength", "loops.final_strength", LOOPS, NULL },
    { "Denoising curve", "loops.curve", LOOPS, curves },
    { "SD upscale overlap", "sd_upscale.overlap", TILES, NULL },
    { "Noise multiplier", "img2img.sampling.noise_multiplier", DEFAULT, NULL },
    { "Extra noise", "img2img.sampling.extra_noise", DEFAULT, NULL },
    { "Eta", "img2img.eta", DEFAULT | RS_INFOTEXT_NO_DDIM, NULL },
    { "Eta DDIM", "img2img.eta", DEFAULT | RS_INFOTEXT_DDIM, NULL },
    { "Sigma churn", "img2img.sampling.s_churn", DEFAULT, NULL },
    { "Sigma tmin", "img2img.sampling.s_tmin", DEFAULT, NULL },
    { "Sigma tmax", "img2img.sampling.s_tmax", DEFAULT, NULL },
    { "Sigma noise", "img2img.sampling.s_noise", DEFAULT, NULL },
    { "Schedule min sigma", "img2img.sampling.sigma_min", DEFAULT, NULL },
    { "Schedule max sigma", "img2img.sampling.sigma_max", DEFAULT, NULL },
    { "Schedule rho", "img2img.sampling.rho", DEFAULT, NULL },
    { "Beta schedule alpha", "img2img.sampling.beta_alpha", DEFAULT, NULL },
    { "Beta schedule beta", "img2img.sampling.beta_beta", DEFAULT, NULL },
    { "Discard penultimate sigma", "img2img.sampling.discard_next_to_last_sigma", DEFAULT, discards },
    { "UniPC variant", "img2img.sampling.unipc_variant", DEFAULT, NULL },
    { "UniPC skip type", "img2img.sampling.unipc_skip_type", DEFAULT, skips },
    { "UniPC order", "img2img.sampling.unipc_order", DEFAULT, NULL },
    { "UniPC lower order final", "img2img.sampling.unipc_lower_order_final", DEFAULT, truths },
    { "Pad conds", "img2img.pad_cond_uncond", DEFAULT, truths },
    { "Emphasis", "img2img.emphasis", DEFAULT, emphases },
    { "Lora hashes", NULL, SAID, NULL },
    { "TI hashes", NULL, SAID, NULL },
    { "Compat", "compat", DEFAULT, NULL },
    { "Steps mode", "img2img.steps_mode", DEFAULT, NULL },
    { "Encode", "img2img.encode", DEFAULT, NULL },
    { "Rounding", "img2img.rounding", DEFAULT, NULL },
    { "Color correction", "img2img.color_correction", DEFAULT, truths },
    { "Precision", "precision", DEFAULT, NULL },
    { "Resize mode", "resize", DEFAULT, resizes },
    { "Sigmas", "img2img.sampling.sigmas", DEFAULT, NULL },
    { "Quantize timesteps", "img2img.sampling.quantize_timesteps", DEFAULT, truths },
    { "Comma padding backtrack", "img2img.comma_padding_backtrack", DEFAULT, NULL },
    { "Prompt steps", "img2img.prompt_steps", DEFAULT, NULL },
    { "Loops", "loops.count", LOOPS, NULL },
    { "SD upscale factor", "sd_upscale.factor", TILES, NULL },
    { "SD upscale tile", "sd_upscale.tile", TILES, NULL },
    { "Mask blur x", "inpaint.blur_x", MASK | DEFAULT, NULL },
    { "Mask blur y", "inpaint.blur_y", MASK | DEFAULT, NULL },
    { "Mask blend", "inpaint.blend", MASK | DEFAULT, truths },
    { "Mask overlay", "inpaint.overlay", MASK | DEFAULT, truths },
    { "Outpaint left", "outpaint.left", DEFAULT, NULL },
    { "Outpaint right", "outpaint.right", DEFAULT, NULL },
    { "Outpaint up", "outpaint.up", DEFAULT, NULL },
    { "Outpaint down", "outpaint.down", DEFAULT, NULL },
    { "Outpaint method", "outpaint.method", DEFAULT, NULL },
    { "Outpaint mask blur", "outpaint.mask_blur", DEFAULT, NULL },
    { "Outpaint masked content", "outpaint.content", DEFAULT, contents },
    { "Outpaint fall-off exponent", "outpaint.falloff", DEFAULT, NULL },
    { "Outpaint color variation", "outpaint.color_variation", DEFAULT, NULL },
    { "Outpaint tile", "outpaint.tile", DEFAULT, NULL },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

const rs_infotext_row *rs_infotext_row_at(size_t i)
{
    return i < N_ROWS ? &rows[i] : NULL;
}

const rs_infotext_row *rs_infotext_row_find(const char *key)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

/* The value at "img2img.steps" of spec, as in YAML. */
static void print_at(rs_strbuf *sb, const rs_pipeline_spec *spec, const char *path)
{
    const rs_opt_group *group = &rs_pipeline_group;
    const void *values = spec;
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        char name[32] = "";
        strncat(name, path, (size_t)(dot - path));
        const rs_opt *sub = rs_opt_find(group, name);
        values = rs_opt_field(sub, values);
        group = rs_opt_subgroup(sub);
    }
    const rs_opt *row = rs_opt_find(group, path);
    row->type->print(sb, row, rs_opt_field(row, values));
}

static const char *their_word(const rs_infotext_word *words, const char *value)
{
    for (; words && words->ours; words++)
        if (strcmp(words->ours, value) == 0)
            return words->theirs;
    return value;
}

static void put_row(rs_strbuf *sb, const rs_infotext_row *row, const rs_pipeline_spec *spec,
                    const rs_pipeline_spec *defaults)
{
    rs_strbuf value, usual;
    rs_strbuf_init(&value, 4096);
    rs_strbuf_init(&usual, 4096);
    print_at(&value, spec, row->path);
    print_at(&usual, defaults, row->path);
    const char *v = rs_strbuf_str(&value);
    const bool usually = strcmp(v, rs_strbuf_str(&usual)) == 0;
    if (v[0] == '[') { /* a list of numbers is read without its brackets as well */
        rs_strbuf_clear(&usual);
        rs_strbuf_add(&usual, v + 1, value.len - 2);
        v = rs_strbuf_str(&usual);
    }
    if (v[0] && !((row->flags & RS_INFOTEXT_CHANGED) && usually))
        rs_infotext_put(sb, row->key, their_word(row->words, v));
    sb->failed |= value.failed || usual.failed;
    rs_strbuf_release(&value);
    rs_strbuf_release(&usual);
}

/* The file's name without its extension, or the folder's. */
static void put_model(rs_strbuf *sb, const char *path)
{
    char name[256] = "";
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    const char *at = path + n;
    while (at > path && at[-1] != '/')
        at--;
    n = (size_t)(path + n - at);
    const char *ext = rs_path_ext(at);
    if (strcmp(ext, ".safetensors") == 0 || strcmp(ext, ".ckpt") == 0)
        n = (size_t)(ext - at);
    strncat(name, at, n < sizeof(name) - 1 ? n : sizeof(name) - 1);
    if (name[0])
        rs_infotext_put(sb, "Model", name);
}

/* The conditions that hold. */
static unsigned holding(const rs_pipeline_spec *spec)
{
    const rs_inpaint_spec *in = &spec->inpaint;
    unsigned flags = RS_INFOTEXT_CHANGED;
    flags |= strcmp(spec->img2img.sampler, "ddim") == 0 ? RS_INFOTEXT_DDIM : RS_INFOTEXT_NO_DDIM;
    flags |= spec->img2img.variation_strength > 0 ? RS_INFOTEXT_VARIED : 0;
    flags |= spec->loops.count > 1 ? RS_INFOTEXT_LOOPS : 0;
    flags |= spec->sd_upscale.factor > 0 ? RS_INFOTEXT_TILES : 0;
    if (!in->mask)
        return flags;
    flags |= in->params.area == RS_INPAINT_ONLY_MASKED ? RS_INFOTEXT_PART : 0;
    return flags | RS_INFOTEXT_MASK | (in->params.soft.enabled ? RS_INFOTEXT_SOFT : 0);
}

/* A field that is no key's own text; false: it is. */
static bool put_special(rs_strbuf *sb, const char *key, const rs_pipeline_spec *spec,
                        const rs_infotext_facts *facts)
{
    const struct {
        const char *key, *value;
    } known[] = {
        { "Sampler", rs_infotext_sampler_label(spec->img2img.sampler) },
        { "Schedule type", rs_infotext_schedule_label(spec->img2img.scheduler) },
        { "Model hash", facts->model_hash },
        { "Lora hashes", facts->lora_hashes },
        { "TI hashes", facts->ti_hashes },
    };
    if (strcmp(key, "Model") == 0) {
        put_model(sb, spec->model);
        return true;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(key, known[i].key) != 0)
            continue;
        if (known[i].value)
            rs_infotext_put(sb, key, known[i].value);
        return true;
    }
    return false;
}

/* As versions of A1111 did; of the others' seeds nothing is left. */
static void put_batch(rs_strbuf *sb, const rs_infotext_facts *facts)
{
    if (facts->batch_size > 1)
        rs_strbuf_printf(sb, ", Batch size: %d, Batch pos: %d", facts->batch_size, facts->batch_pos);
}

void rs_infotext_make(rs_strbuf *sb, const rs_pipeline_spec *spec, const rs_infotext_facts *facts)
{
    const rs_infotext_facts none = { 0 };
    const unsigned holds = holding(spec);
    rs_pipeline_spec defaults;
    rs_opt_defaults(&rs_pipeline_group, &defaults);
    rs_img2img_compat(&defaults.img2img, spec->compat);
    facts = facts ? facts : &none;
    rs_infotext_put_prompts(sb, spec->img2img.prompt, spec->img2img.negative_prompt);
    for (size_t i = 0; i < N_ROWS; i++)
        if (!put_special(sb, rows[i].key, spec, facts) && !(rows[i].flags & ~holds))
            put_row(sb, &rows[i], spec, &defaults);
    put_batch(sb, facts);
    rs_strbuf_printf(sb, ", Version: restyle %s", rs_version());
}
