#include "weights/networks.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "weights/net_module.h"

#define MAX_CONFIG_BYTES ((size_t)1 << 20)

struct file {
    rs_weights *weights;
    rs_net_module **modules; /* [targets.n]; NULL: the layer stays as it is */
    float te, unet;
    int dyn;
};

struct rs_networks {
    rs_net_targets targets;
    rs_pool *pool;
    struct file *files;
    size_t n;
};

static rs_status no_memory(const char *path, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the network '%s'", path);
}

/* Why a tensor has no place: of another model, or of a kind that is not known. */
static rs_status unmatched(const rs_wtensor *t, rs_net_role role, rs_err *err)
{
    if (strncmp(t->name, "lora_te2_", 9) == 0 || strncmp(t->name, "text_encoder_2.", 15) == 0)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is a network for Stable Diffusion XL (tensor '%.200s'); "
                       "restyle runs Stable Diffusion 1.x", t->file, t->name);
    if (role == RS_NET_ROLES)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': tensor '%.200s' belongs to no kind of network that "
                       "restyle knows: LoRA, LoHa, LoKr, IA3, full and norm differences, with or without "
                       "DoRA", t->file, t->name);
    char shape[200];
    return RS_FAIL(err, RS_E_NOTFOUND, "'%s': tensor '%.200s' of shape %s: the model has no such layer; the "
                   "network was made for another model", t->file, t->name,
                   rs_shape_text(t->shape, t->rank, shape, sizeof(shape)));
}

/* What a PEFT config says of alpha; prefix: "" or "unet.". */
static rs_status read_alpha(const char *where, const rs_json *config, const char *prefix,
                            rs_net_alpha *out, rs_err *err)
{
    char key[64];
    snprintf(key, sizeof(key), "%salpha_pattern", prefix);
    const rs_json *pattern = rs_json_get(config, key);
    if (pattern && pattern->type == RS_JSON_OBJECT && pattern->n)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "%s: '%s' gives single layers an alpha of their own, which "
                       "restyle reads as tensors '.alpha' only", where, key);
    snprintf(key, sizeof(key), "%slora_alpha", prefix);
    RS_TRY(rs_json_double(where, config, key, 0, 1e9, &out->alpha, err));
    snprintf(key, sizeof(key), "%suse_rslora", prefix);
    return rs_json_bool(where, config, key, &out->root, err);
}

/* diffusers keeps PEFT's config in the file's metadata, PEFT in a file beside it. */
static rs_status find_alpha(rs_arena *arena, const rs_weights *w, rs_net_alpha alpha[RS_PARTS],
                            rs_err *err)
{
    const char *meta = rs_weights_metadata(w, "lora_adapter_metadata"), *path = rs_weights_path(w);
    const rs_json *config;
    if (meta) {
        RS_TRY(rs_json_parse(arena, meta, strlen(meta), path, &config, err));
        RS_TRY(read_alpha(path, config, "text_encoder.", &alpha[RS_PART_TEXT], err));
        return read_alpha(path, config, "unet.", &alpha[RS_PART_UNET], err);
    }
    if (!rs_weights_has_prefix(w, "base_model.model."))
        return RS_OK;
    const char *dir = rs_path_dir(arena, path);
    const char *file = dir ? rs_path_join(arena, dir, "adapter_config.json") : NULL;
    if (!file)
        return no_memory(path, err);
    if (!rs_is_file(file))
        return RS_OK;
    RS_TRY(rs_json_read(arena, file, MAX_CONFIG_BYTES, &config, err));
    RS_TRY(read_alpha(file, config, "", &alpha[RS_PART_UNET], err));
    alpha[RS_PART_TEXT] = alpha[RS_PART_UNET];
    return RS_OK;
}

static rs_status put_tensor(rs_arena *arena, const rs_net_targets *targets, struct file *f,
                            const rs_wtensor *t, rs_err *err)
{
    size_t i = 0;
    rs_net_role role;
    if (!rs_net_name_parse(targets, t->name, &i, &role))
        return unmatched(t, role, err);
    if (!f->modules[i] && !(f->modules[i] = RS_NEW(arena, rs_net_module)))
        return no_memory(t->file, err);
    rs_net_module *m = f->modules[i];
    m->target = &targets->at[i];
    if (m->t[role])
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensors '%.200s' and '%.200s' are for the same thing",
                       t->file, m->t[role]->name, t->name);
    m->t[role] = t;
    return RS_OK;
}

static rs_status open_file(rs_arena *arena, const rs_net_targets *targets, const rs_lora *lora,
                           struct file *f, rs_err *err)
{
    rs_net_alpha alpha[RS_PARTS] = { { 0 } };
    f->dyn = lora->dyn;
    f->te = lora->te == RS_LORA_WEIGHT ? lora->weight : lora->te;
    f->unet = lora->unet == RS_LORA_WEIGHT ? lora->weight : lora->unet;
    RS_TRY(rs_weights_open(arena, lora->path, &f->weights, err));
    if (rs_weights_count(f->weights) == 0)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' holds no tensors", lora->path);
    f->modules = RS_NEW_N(arena, rs_net_module *, targets->n);
    if (!f->modules)
        return no_memory(lora->path, err);
    for (size_t i = 0; i < rs_weights_count(f->weights); i++)
        RS_TRY(put_tensor(arena, targets, f, rs_weights_at(f->weights, i), err));
    RS_TRY(find_alpha(arena, f->weights, alpha, err));
    for (size_t i = 0; i < targets->n; i++)
        if (f->modules[i])
            RS_TRY(rs_net_module_check(f->modules[i], &alpha[targets->at[i].part], err));
    return RS_OK;
}

rs_status rs_networks_open(rs_arena *arena, const rs_bundle *b, const rs_lora *files, size_t n,
                           rs_pool *pool, rs_networks **out, rs_err *err)
{
    rs_networks *nets = RS_NEW(arena, rs_networks);
    rs_status s = RS_OK;
    if (!nets || !(nets->files = RS_NEW_N(arena, struct file, n)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for networks");
    nets->pool = pool;
    RS_TRY(rs_net_targets_init(arena, b, &nets->targets, err));
    for (size_t i = 0; i < n && s == RS_OK; i++) {
        nets->n++;
        s = open_file(arena, &nets->targets, &files[i], &nets->files[i], err);
    }
    if (s != RS_OK) {
        rs_networks_close(&nets);
        return s;
    }
    *out = nets;
    return RS_OK;
}

void rs_networks_close(rs_networks **networks)
{
    if (!networks || !*networks)
        return;
    for (size_t i = 0; i < (*networks)->n; i++)
        rs_weights_close(&(*networks)->files[i].weights);
    *networks = NULL;
}

/* The layer of a tensor, and whether it is its bias; SIZE_MAX: none. */
static size_t find_target(const rs_networks *nets, rs_part part, const char *name, bool *bias)
{
    const char *kind = strrchr(name, '.');
    *bias = kind && strcmp(kind, ".bias") == 0;
    if (!kind || (!*bias && strcmp(kind, ".weight") != 0))
        return SIZE_MAX;
    return rs_net_target_find(&nets->targets, part, name, (size_t)(kind - name));
}

static bool touches(const struct file *f, size_t target, rs_part part, bool bias)
{
    const rs_net_module *m = f->modules[target];
    return m && (part == RS_PART_TEXT ? f->te : f->unet) != 0 &&
           (bias ? m->t[RS_NET_BIAS] != NULL : m->kind != RS_NET_NONE);
}

bool rs_networks_touch(const rs_networks *networks, rs_part part, const char *name)
{
    bool bias;
    const size_t target = find_target(networks, part, name, &bias);
    for (size_t i = 0; target != SIZE_MAX && i < networks->n; i++)
        if (touches(&networks->files[i], target, part, bias))
            return true;
    return false;
}

rs_status rs_networks_add(const rs_networks *networks, rs_arena *arena, rs_part part, const char *name,
                          float *values, rs_err *err)
{
    bool bias;
    const size_t target = find_target(networks, part, name, &bias);
    for (size_t i = 0; target != SIZE_MAX && i < networks->n; i++) {
        const struct file *f = &networks->files[i];
        const float by = part == RS_PART_TEXT ? f->te : f->unet;
        if (!touches(f, target, part, bias))
            continue;
        const rs_net_module *m = f->modules[target];
        RS_TRY(bias ? rs_net_module_add_bias(arena, m, by, values, err)
                    : rs_net_module_add(arena, m, by, f->dyn, networks->pool, values, err));
    }
    return RS_OK;
}
