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

enum { SAID = false, DEFAULT = true }; /* whether a default is left out */

static const rs_infotext_row rows[] = {
    { "Steps", "img2img.steps", SAID, NULL },
    { "Sampler", "img2img.sampler", SAID, NULL },
    { "Schedule type", "img2img.scheduler", SAID, NULL },
    { "CFG scale", "img2img.cfg_scale", SAID, NULL },
    { "Seed", "img2img.seed", SAID, NULL },
    { "Size", "size", SAID, NULL },
    { "Model hash", NULL, SAID, NULL },
    { "Model", NULL, SAID, NULL },
    { "Variation seed", "img2img.variation_seed", SAID, NULL },
    { "Variation seed strength", "img2img.variation_strength", DEFAULT, NULL },
    { "Seed resize from", "img2img.seed_resize_from", SAID, NULL },
    { "Denoising strength", "img2img.strength", SAID, NULL },
    { "ENSD", "img2img.sampling.eta_noise_seed_delta", DEFAULT, NULL },
    { "RNG", "img2img.rng", SAID, rngs },
    { "Tiling", "img2img.tiling", DEFAULT, truths },
    { "Noise multiplier", "img2img.sampling.noise_multiplier", DEFAULT, NULL },
    { "Extra noise", "img2img.sampling.extra_noise", DEFAULT, NULL },
    { "Eta", "img2img.eta", DEFAULT, NULL },
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
    { "UniPC order", "img2img.sampling.unipc_order", DEFAULT, NULL },
    { "Compat", "compat", DEFAULT, NULL },
    { "Steps mode", "img2img.steps_mode", DEFAULT, NULL },
    { "Encode", "img2img.encode", DEFAULT, NULL },
    { "Rounding", "img2img.rounding", DEFAULT, NULL },
    { "Color correction", "img2img.color_correction", DEFAULT, truths },
    { "Precision", "precision", DEFAULT, NULL },
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
    if (v[0] && !(row->silent && strcmp(v, rs_strbuf_str(&usual)) == 0))
        rs_infotext_put(sb, row->key, their_word(row->words, v));
    sb->failed |= value.failed;
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

void rs_infotext_make(rs_strbuf *sb, const rs_pipeline_spec *spec, const char *model_hash)
{
    const rs_img2img_params *p = &spec->img2img;
    rs_pipeline_spec defaults;
    rs_opt_defaults(&rs_pipeline_group, &defaults);
    rs_infotext_put_prompts(sb, p->prompt, p->negative_prompt);
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *key = rows[i].key;
        if (strcmp(key, "Sampler") == 0)
            rs_infotext_put(sb, key, rs_infotext_sampler_label(p->sampler));
        else if (strcmp(key, "Schedule type") == 0)
            rs_infotext_put(sb, key, rs_infotext_schedule_label(p->scheduler));
        else if (strcmp(key, "Model") == 0)
            put_model(sb, spec->model);
        else if (strcmp(key, "Model hash") == 0 && model_hash)
            rs_infotext_put(sb, key, model_hash);
        else if (rows[i].path && (strcmp(key, "Variation seed") != 0 || p->variation_strength > 0))
            put_row(sb, &rows[i], spec, &defaults);
    }
    rs_strbuf_printf(sb, ", Version: restyle %s", rs_version());
}
