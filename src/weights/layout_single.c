/* The single-file layout: which model it is, and the text encoder's sizes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weights/names_sd15.h"
#include "weights/single_file.h"

#define MAX_DIM 65536

static const rs_wtensor *find(const rs_bundle *b, const char *fmt, va_list ap, char *name,
                              size_t size)
{
    vsnprintf(name, size, fmt, ap);
    return rs_weights_find(b->weights[0], name);
}

bool rs_single_has(const rs_bundle *b, const char *fmt, ...)
{
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    const rs_wtensor *t = find(b, fmt, ap, name, sizeof(name));
    va_end(ap);
    return t != NULL;
}

rs_status rs_single_dim(const rs_bundle *b, int axis, int *out, rs_err *err, const char *fmt, ...)
{
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    const rs_wtensor *t = find(b, fmt, ap, name, sizeof(name));
    va_end(ap);
    if (!t)
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s': tensor '%s' is missing", b->path, name);
    if (axis >= t->rank || t->shape[axis] < 1 || t->shape[axis] > MAX_DIM) {
        char shape[200];
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%s': shape %s makes no sense here", b->path,
                       name, rs_shape_text(t->shape, t->rank, shape, sizeof(shape)));
    }
    *out = (int)t->shape[axis];
    return RS_OK;
}

int rs_single_norm_groups(const int *channels, int n_levels)
{
    int groups = 32;
    for (int l = 0; l < n_levels; l++)
        while (channels[l] % groups)
            groups /= 2;
    return groups;
}

/* The value of one key as a node: a string as it is, anything else as JSON. */
static rs_status metadata_node(const rs_bundle *b, const char *key, const char *value, bool string,
                               rs_json **out, rs_err *err)
{
    char name[600];
    rs_json *node = RS_NEW(b->arena, rs_json);
    if (!node)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", b->path);
    if (string) {
        node->type = RS_JSON_STRING;
        node->string = value;
        node->n = (uint32_t)strlen(value);
        node->line = node->column = 1;
    } else {
        const rs_json *parsed;
        snprintf(name, sizeof(name), "'%.500s': metadata '%s'", b->path, key);
        RS_TRY(rs_json_parse(b->arena, value, strlen(value), name, &parsed, err));
        *node = *parsed;
    }
    node->key = key;
    node->key_len = (uint32_t)strlen(key);
    *out = node;
    return RS_OK;
}

rs_status rs_single_metadata(const rs_bundle *b, rs_config_file *out, rs_err *err)
{
    static const struct {
        const char *key;
        bool string;
    } keys[] = {
        { "restyle.heads", false },
        { "restyle.norm_groups", false },
        { "restyle.vae_norm_groups", false },
        { "restyle.scaling_factor", false },
        { "restyle.text_heads", false },
        { "restyle.text_act", true },
        { "restyle.train_steps", false },
        { "restyle.beta_start", false },
        { "restyle.beta_end", false },
        { "restyle.beta_schedule", true },
        { "restyle.prediction", true },
    };
    const size_t size = strlen(b->path) + 32;
    char *name = rs_arena_alloc(b->arena, size);
    rs_json *root = RS_NEW(b->arena, rs_json);
    if (!name || !root)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", b->path);
    snprintf(name, size, "'%s': metadata", b->path);
    root->type = RS_JSON_OBJECT;
    const rs_json **tail = &root->first;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const char *value = rs_weights_metadata(b->weights[0], keys[i].key);
        rs_json *node;
        if (!value)
            continue;
        RS_TRY(metadata_node(b, keys[i].key, value, keys[i].string, &node, err));
        *tail = node;
        tail = &node->next;
        root->n++;
    }
    *out = (rs_config_file){ .path = name, .root = root, .err = err };
    return RS_OK;
}

/* A file that is something else than a Stable Diffusion 1.x checkpoint. */
static const char *other_model(const rs_weights *w)
{
    static const struct {
        const char *prefix, *what;
    } known[] = {
        { "conditioner.embedders.", "Stable Diffusion XL; restyle runs Stable Diffusion 1.x" },
        { RS_LDM_UNET "joint_blocks.", "Stable Diffusion 3; restyle runs Stable Diffusion 1.x" },
        { RS_LDM_UNET "double_blocks.", "Flux; restyle runs Stable Diffusion 1.x" },
        { "double_blocks.", "Flux; restyle runs Stable Diffusion 1.x" },
        { RS_LDM_UNET "label_emb.", "a model with class input, such as Stable Diffusion XL; "
        "restyle "
                                    "runs Stable Diffusion 1.x" },
        { "cond_stage_model.model.", "a single file of Stable Diffusion 2.x, whose text encoder "
        "(OpenCLIP) "
                                     "has another layout; use the model's diffusers folder" },
        { "lora_unet_", "a LoRA, not a whole model" },
        { "lora_te_", "a LoRA, not a whole model" },
        { "unet.up_blocks.", "a LoRA, not a whole model" },
        { "control_model.", "a ControlNet, not a whole model" },
    };
    static const struct {
        const char *prefix, *what;
    } alone[] = {
        { "down_blocks.", "the unet of a diffusers model; give the path of the model's folder" },
        { "encoder.", "an autoencoder alone; give the path of the whole model" },
        { "first_stage_model.", "incomplete: no tensor begins with '" RS_LDM_UNET "'" },
        { "text_model.", "a text encoder alone; give the path of the model's folder" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (rs_weights_has_prefix(w, known[i].prefix))
            return known[i].what;
    if (rs_weights_has_prefix(w, RS_LDM_UNET "input_blocks.0.0."))
        return NULL;
    for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
        if (rs_weights_has_prefix(w, alone[i].prefix))
            return alone[i].what;
    return "no checkpoint that restyle knows: no tensor begins with '" RS_LDM_UNET "input_blocks'";
}

rs_status rs_single_open(rs_bundle *b, rs_err *err)
{
    rs_weights *w;
    RS_TRY(rs_weights_open(b->arena, b->path, &w, err));
    for (rs_part part = 0; part < RS_PARTS; part++)
        b->weights[part] = w;
    const char *other = other_model(w);
    if (other)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is %s", b->path, other);
    return RS_OK;
}

/* CLIP's heads are 64 wide, but nothing in the tensors says so. */
static rs_status text_heads(const rs_bundle *b, rs_text_config *t, rs_err *err)
{
    if (t->heads == 0 && t->width % 64 == 0)
        t->heads = t->width / 64;
    if (t->heads == 0)
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s': the text encoder is %d wide, which is no multiple of 64, so its "
                       "number of "
                       "heads must be given as metadata 'restyle.text_heads'", b->path, t->width);
    return rs_text_check(t, b->path, err);
}

rs_status rs_single_text(rs_bundle *b, rs_err *err)
{
    static const char *const acts[] = { "quick_gelu", "gelu", NULL };
    rs_text_config t = { .act = RS_TEXT_QUICK_GELU, .norm_eps = 1e-5f };
    rs_config_file meta;
    int act = RS_TEXT_QUICK_GELU;
    const bool with_model = rs_weights_has_prefix(b->weights[0], RS_LDM_TEXT "text_model.");
    const char *p = with_model ? RS_LDM_TEXT "text_model." : RS_LDM_TEXT;
    if (!rs_weights_has_prefix(b->weights[0], p))
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no text encoder: no tensor begins with '%s'",
                       b->path, RS_LDM_TEXT);
    RS_TRY(rs_single_dim(b, 0, &t.vocab_size, err, "%sembeddings.token_embedding.weight", p));
    RS_TRY(rs_single_dim(b, 1, &t.width, err, "%sembeddings.token_embedding.weight", p));
    RS_TRY(rs_single_dim(b, 0, &t.max_tokens, err, "%sembeddings.position_embedding.weight", p));
    RS_TRY(rs_single_dim(b, 0, &t.mlp_width, err, "%sencoder.layers.0.mlp.fc1.weight", p));
    while (t.layers < 128 && rs_single_has(b, "%sencoder.layers.%d.layer_norm1.weight", p,
                                           t.layers))
        t.layers++;
    if (t.vocab_size < 3 || t.max_tokens < 3 || t.layers < 1)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': the text encoder has %d words, %d positions, %d "
                       "layers",
                       b->path, t.vocab_size, t.max_tokens, t.layers);
    RS_TRY(rs_single_metadata(b, &meta, err));
    RS_TRY(rs_json_int(meta.path, meta.root, "restyle.text_heads", 1, 1024, &t.heads, err));
    RS_TRY(rs_config_choice(&meta, "restyle.text_act", acts, &act));
    t.act = (rs_text_act)act;
    RS_TRY(text_heads(b, &t, err));
    b->text = t;
    return RS_OK;
}

rs_status rs_single_config(rs_bundle *b, rs_part part, rs_err *err)
{
    RS_TRY(part == RS_PART_UNET ? rs_single_unet(b, err)
           : part == RS_PART_VAE ? rs_single_vae(b, err) : rs_single_text(b, err));
    b->known[part] = true;
    return RS_OK;
}
