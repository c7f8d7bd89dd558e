#include "weights/names_sd15.h"

#include <stdio.h>
#include <string.h>

struct rename {
    const char *from, *to;
};

static const struct rename unet_top[] = {
    { "conv_in", "input_blocks.0.0" },
    { "conv_norm_out", "out.0" },
    { "conv_out", "out.2" },
    { "time_embedding.linear_1", "time_embed.0" },
    { "time_embedding.linear_2", "time_embed.2" },
    { NULL, NULL },
};
static const struct rename unet_resnet[] = {
    { "norm1", "in_layers.0" },
    { "conv1", "in_layers.2" },
    { "time_emb_proj", "emb_layers.1" },
    { "norm2", "out_layers.0" },
    { "conv2", "out_layers.3" },
    { "conv_shortcut", "skip_connection" },
    { NULL, NULL },
};
static const struct rename vae_resnet[] = {
    { "norm1", "norm1" }, { "conv1", "conv1" }, { "norm2", "norm2" }, { "conv2", "conv2" },
    { "conv_shortcut", "nin_shortcut" }, { NULL, NULL },
};
static const struct rename vae_attention[] = {
    { "group_norm", "norm" }, { "to_q", "q" }, { "to_k", "k" }, { "to_v", "v" },
    { "to_out.0", "proj_out" }, { NULL, NULL },
};

/* Moves *p behind text when it begins so. */
static bool take(const char **p, const char *text)
{
    const size_t n = strlen(text);
    if (strncmp(*p, text, n) != 0)
        return false;
    *p += n;
    return true;
}

/* A number below max, followed by a dot. */
static bool take_index(const char **p, int max, int *out)
{
    const char *s = *p;
    int v = 0;
    if (*s < '0' || *s > '9')
        return false;
    for (; *s >= '0' && *s <= '9' && v < 100000; s++)
        v = v * 10 + (*s - '0');
    if (*s != '.' || v >= max)
        return false;
    *p = s + 1;
    *out = v;
    return true;
}

static bool put(char *out, size_t size, const char *prefix, const char *middle, const char *rest)
{
    return (size_t)snprintf(out, size, "%s%s%s", prefix, middle, rest) < size;
}

/* prefix + the renamed beginning of name + its rest (".weight", ".bias"). */
static bool put_renamed(char *out, size_t size, const char *prefix, const struct rename *rows,
                        const char *name)
{
    for (; rows->from; rows++) {
        const size_t n = strlen(rows->from);
        if (strncmp(name, rows->from, n) == 0 && name[n] == '.')
            return put(out, size, prefix, rows->to, name + n);
    }
    return false;
}

/* "resnets.i.x" and "attentions.i.x" of the layer that LDM calls list.n. */
static bool unet_layer(const char *list, int n, const char *kind, const char *rest, char *out,
                       size_t size)
{
    char prefix[96];
    const bool attention = strcmp(kind, "attentions") == 0;
    snprintf(prefix, sizeof(prefix), RS_LDM_UNET "%s.%d.%d.", list, n, attention);
    return attention ? put(out, size, prefix, "", rest)
                     : put_renamed(out, size, prefix, unet_resnet, rest);
}

/* down_blocks.level.*: a level has its layers, then one place for the sampler. */
static bool unet_down(const rs_unet_config *cfg, const char *p, char *out, size_t size)
{
    int level, i, n = 1; /* input_blocks.0 is conv_in */
    if (!take_index(&p, cfg->n_levels, &level))
        return false;
    for (int l = 0; l < level; l++)
        n += cfg->layers_per_block[l] + 1;
    const int layers = cfg->layers_per_block[level];
    if (take(&p, "resnets.") && take_index(&p, layers, &i))
        return unet_layer("input_blocks", n + i, "resnets", p, out, size);
    if (take(&p, "attentions.") && take_index(&p, layers, &i))
        return unet_layer("input_blocks", n + i, "attentions", p, out, size);
    char prefix[96];
    snprintf(prefix, sizeof(prefix), RS_LDM_UNET "input_blocks.%d.0.op", n + layers);
    return level + 1 < cfg->n_levels && take(&p, "downsamplers.0.conv") &&
           put(out, size, prefix, p, "");
}

/* up_blocks.u.*: the deepest level first; the sampler shares the place of the
 * last layer, behind its attention if it has one. */
static bool unet_up(const rs_unet_config *cfg, const char *p, char *out, size_t size)
{
    int u, i, n = 0;
    if (!take_index(&p, cfg->n_levels, &u))
        return false;
    for (int k = 0; k < u; k++)
        n += cfg->layers_per_block[cfg->n_levels - 1 - k] + 1;
    const int layers = cfg->layers_per_block[cfg->n_levels - 1 - u] + 1;
    if (take(&p, "resnets.") && take_index(&p, layers, &i))
        return unet_layer("output_blocks", n + i, "resnets", p, out, size);
    if (take(&p, "attentions.") && take_index(&p, layers, &i))
        return unet_layer("output_blocks", n + i, "attentions", p, out, size);
    char prefix[96];
    snprintf(prefix, sizeof(prefix), RS_LDM_UNET "output_blocks.%d.%d.conv", n + layers - 1,
             cfg->up_attn[u] ? 2 : 1);
    return u + 1 < cfg->n_levels && take(&p, "upsamplers.0.conv") && put(out, size, prefix, p, "");
}

static bool unet_mid(const char *p, char *out, size_t size)
{
    int i;
    if (take(&p, "attentions.0."))
        return put(out, size, RS_LDM_UNET "middle_block.1.", "", p);
    if (!take(&p, "resnets.") || !take_index(&p, 2, &i))
        return false;
    return put_renamed(out, size, i ? RS_LDM_UNET "middle_block.2." : RS_LDM_UNET "middle_block.0.",
                       unet_resnet, p);
}

bool rs_ldm_unet_name(const rs_unet_config *cfg, const char *name, char *out, size_t size)
{
    if (take(&name, "down_blocks."))
        return unet_down(cfg, name, out, size);
    if (take(&name, "up_blocks."))
        return unet_up(cfg, name, out, size);
    if (take(&name, "mid_block."))
        return unet_mid(name, out, size);
    return put_renamed(out, size, RS_LDM_UNET, unet_top, name);
}

static bool vae_mid(const char *half, const char *p, char *out, size_t size)
{
    char prefix[96];
    int i;
    if (take(&p, "attentions.0.")) {
        snprintf(prefix, sizeof(prefix), RS_LDM_VAE "%s.mid.attn_1.", half);
        return put_renamed(out, size, prefix, vae_attention, p);
    }
    if (!take(&p, "resnets.") || !take_index(&p, 2, &i))
        return false;
    snprintf(prefix, sizeof(prefix), RS_LDM_VAE "%s.mid.block_%d.", half, i + 1);
    return put_renamed(out, size, prefix, vae_resnet, p);
}

/* Blocks of either half: list is "down" or "up", sampler "down" or "up" too. */
static bool vae_block(const char *half, const char *list, int level, int layers, const char *p,
                      char *out, size_t size)
{
    char prefix[96], sampler[32];
    int i;
    if (take(&p, "resnets.") && take_index(&p, layers, &i)) {
        snprintf(prefix, sizeof(prefix), RS_LDM_VAE "%s.%s.%d.block.%d.", half, list, level, i);
        return put_renamed(out, size, prefix, vae_resnet, p);
    }
    snprintf(prefix, sizeof(prefix), RS_LDM_VAE "%s.%s.%d.%ssample.conv", half, list, level, list);
    snprintf(sampler, sizeof(sampler), "%ssamplers.0.conv", list);
    return take(&p, sampler) && put(out, size, prefix, p, "");
}

bool rs_ldm_vae_name(const rs_vae_config *cfg, const char *name, char *out, size_t size)
{
    static const char *const halves[] = { "encoder", "decoder" };
    for (int k = 0; k < 2; k++) {
        const char *p = name;
        int i;
        if (!take(&p, halves[k]) || !take(&p, "."))
            continue;
        if (take(&p, "mid_block."))
            return vae_mid(halves[k], p, out, size);
        if (take(&p, "down_blocks.") && take_index(&p, cfg->n_levels, &i))
            return vae_block(halves[k], "down", i, cfg->layers_per_block, p, out, size);
        if (take(&p, "up_blocks.") && take_index(&p, cfg->n_levels, &i))
            return vae_block(halves[k], "up", cfg->n_levels - 1 - i, cfg->layers_per_block + 1, p,
                             out, size);
        if (take(&p, "conv_norm_out"))
            return put(out, size, k ? RS_LDM_VAE "decoder." : RS_LDM_VAE "encoder.", "norm_out", p);
    }
    return put(out, size, RS_LDM_VAE, "", name); /* conv_in, conv_out, quant_conv: the same */
}

bool rs_ldm_text_name(const char *name, char *out, size_t size)
{
    return put(out, size, RS_LDM_TEXT, "", name);
}
