/* A walk over the modules of a part, in a name that grows and shrinks. */
#include "weights/part_tensors.h"

#include <stdarg.h>
#include <stdio.h>

struct walk {
    rs_tensor_visit visit;
    void *cookie;
    char name[256]; /* of the module we are in; "" or ending with a dot */
    size_t len;
};

static size_t enter(struct walk *w, const char *fmt, ...) RS_PRINTF(2, 3);

/* Goes into a module; the result is what leave() takes. */
static size_t enter(struct walk *w, const char *fmt, ...)
{
    const size_t before = w->len, room = sizeof(w->name) - before;
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(w->name + before, room, fmt, ap);
    va_end(ap);
    RS_BUG_IF(n < 0 || (size_t)n >= room);
    w->len += (size_t)n;
    return before;
}

static void leave(struct walk *w, size_t before)
{
    w->len = before;
    w->name[before] = '\0';
}

static void tensor(struct walk *w, const char *module, const char *kind, int rank,
                   const int64_t *shape)
{
    const size_t before = enter(w, "%s.%s", module, kind);
    w->visit(w->cookie, w->name, rank, shape);
    leave(w, before);
}

static void norm(struct walk *w, const char *name, int n)
{
    tensor(w, name, "weight", 1, (const int64_t[]){ n });
    tensor(w, name, "bias", 1, (const int64_t[]){ n });
}

static void matrix(struct walk *w, const char *name, int out, int in)
{
    tensor(w, name, "weight", 2, (const int64_t[]){ out, in });
}

static void linear(struct walk *w, const char *name, int out, int in)
{
    matrix(w, name, out, in);
    tensor(w, name, "bias", 1, (const int64_t[]){ out });
}

static void conv(struct walk *w, const char *name, int out, int in, int k)
{
    tensor(w, name, "weight", 4, (const int64_t[]){ out, in, k, k });
    tensor(w, name, "bias", 1, (const int64_t[]){ out });
}

/* time: width of the time embedding, 0 for none (the autoencoder). */
static void resnet(struct walk *w, int i, int in, int out, int time)
{
    const size_t before = enter(w, "resnets.%d.", i);
    norm(w, "norm1", in);
    conv(w, "conv1", out, in, 3);
    if (time)
        linear(w, "time_emb_proj", out, time);
    norm(w, "norm2", out);
    conv(w, "conv2", out, out, 3);
    if (in != out)
        conv(w, "conv_shortcut", out, in, 1);
    leave(w, before);
}

static void unet_attention(struct walk *w, const char *name, int c, int context)
{
    const size_t before = enter(w, "%s.", name);
    matrix(w, "to_q", c, c);
    matrix(w, "to_k", c, context);
    matrix(w, "to_v", c, context);
    linear(w, "to_out.0", c, c);
    leave(w, before);
}

static void projection(struct walk *w, const rs_unet_config *cfg, const char *name, int c)
{
    if (cfg->linear_projection)
        linear(w, name, c, c);
    else
        conv(w, name, c, c, 1);
}

static void transformer(struct walk *w, const rs_unet_config *cfg, int i, int c, int depth)
{
    const size_t before = enter(w, "attentions.%d.", i);
    norm(w, "norm", c);
    projection(w, cfg, "proj_in", c);
    for (int d = 0; d < depth; d++) {
        const size_t outside = enter(w, "transformer_blocks.%d.", d);
        unet_attention(w, "attn1", c, c);
        unet_attention(w, "attn2", c, cfg->context_dim);
        linear(w, "ff.net.0.proj", 8 * c, c);
        linear(w, "ff.net.2", c, 4 * c);
        norm(w, "norm1", c);
        norm(w, "norm2", c);
        norm(w, "norm3", c);
        leave(w, outside);
    }
    projection(w, cfg, "proj_out", c);
    leave(w, before);
}

static void unet_down(struct walk *w, const rs_unet_config *cfg, int level)
{
    const size_t before = enter(w, "down_blocks.%d.", level);
    const int c = cfg->channels[level];
    int in = cfg->channels[level ? level - 1 : 0];
    for (int i = 0; i < cfg->layers_per_block[level]; i++, in = c) {
        resnet(w, i, in, c, 4 * cfg->channels[0]);
        if (cfg->down_attn[level])
            transformer(w, cfg, i, c, cfg->transformer_layers[level]);
    }
    if (level + 1 < cfg->n_levels)
        conv(w, "downsamplers.0.conv", c, c, 3);
    leave(w, before);
}

static void unet_mid(struct walk *w, const rs_unet_config *cfg)
{
    const size_t before = enter(w, "mid_block.");
    const int last = cfg->n_levels - 1, c = cfg->channels[last];
    resnet(w, 0, c, c, 4 * cfg->channels[0]);
    if (cfg->mid_attn)
        transformer(w, cfg, 0, c, cfg->transformer_layers[last]);
    resnet(w, 1, c, c, 4 * cfg->channels[0]);
    leave(w, before);
}

/* The up block of a level takes the skip connections of that level's layers,
 * and last the one of what came before them: the level above, or conv_in. */
static void unet_up(struct walk *w, const rs_unet_config *cfg, int u)
{
    const size_t before = enter(w, "up_blocks.%d.", u);
    const int level = cfg->n_levels - 1 - u, c = cfg->channels[level];
    int in = cfg->channels[u ? level + 1 : level];
    for (int i = 0; i <= cfg->layers_per_block[level]; i++, in = c) {
        const bool last = i == cfg->layers_per_block[level];
        const int skip = cfg->channels[last && level ? level - 1 : level];
        resnet(w, i, in + skip, c, 4 * cfg->channels[0]);
        if (cfg->up_attn[u])
            transformer(w, cfg, i, c, cfg->transformer_layers[level]);
    }
    if (level)
        conv(w, "upsamplers.0.conv", c, c, 3);
    leave(w, before);
}

void rs_unet_tensors(const rs_unet_config *cfg, rs_tensor_visit visit, void *cookie)
{
    struct walk w = { .visit = visit, .cookie = cookie };
    const int c0 = cfg->channels[0];
    linear(&w, "time_embedding.linear_1", 4 * c0, c0);
    linear(&w, "time_embedding.linear_2", 4 * c0, 4 * c0);
    conv(&w, "conv_in", c0, cfg->in_channels, 3);
    for (int l = 0; l < cfg->n_levels; l++)
        unet_down(&w, cfg, l);
    if (cfg->has_mid)
        unet_mid(&w, cfg);
    for (int u = 0; u < cfg->n_levels; u++)
        unet_up(&w, cfg, u);
    norm(&w, "conv_norm_out", c0);
    conv(&w, "conv_out", cfg->out_channels, c0, 3);
}

static void vae_mid(struct walk *w, const rs_vae_config *cfg)
{
    const size_t before = enter(w, "mid_block.");
    const int c = cfg->channels[cfg->n_levels - 1];
    resnet(w, 0, c, c, 0);
    if (cfg->mid_attention) {
        norm(w, "attentions.0.group_norm", c);
        linear(w, "attentions.0.to_q", c, c);
        linear(w, "attentions.0.to_k", c, c);
        linear(w, "attentions.0.to_v", c, c);
        linear(w, "attentions.0.to_out.0", c, c);
    }
    resnet(w, 1, c, c, 0);
    leave(w, before);
}

static void vae_encoder(struct walk *w, const rs_vae_config *cfg)
{
    const size_t before = enter(w, "encoder.");
    int in = cfg->channels[0];
    conv(w, "conv_in", in, cfg->in_channels, 3);
    for (int l = 0; l < cfg->n_levels; l++) {
        const size_t outside = enter(w, "down_blocks.%d.", l);
        const int c = cfg->channels[l];
        for (int i = 0; i < cfg->layers_per_block; i++, in = c)
            resnet(w, i, in, c, 0);
        if (l + 1 < cfg->n_levels)
            conv(w, "downsamplers.0.conv", c, c, 3);
        leave(w, outside);
    }
    vae_mid(w, cfg);
    norm(w, "conv_norm_out", in);
    conv(w, "conv_out", 2 * cfg->latent_channels, in, 3);
    leave(w, before);
}

static void vae_decoder(struct walk *w, const rs_vae_config *cfg)
{
    const size_t before = enter(w, "decoder.");
    const int last = cfg->n_levels - 1;
    int in = cfg->channels[last];
    conv(w, "conv_in", in, cfg->latent_channels, 3);
    vae_mid(w, cfg);
    for (int u = 0; u < cfg->n_levels; u++) {
        const size_t outside = enter(w, "up_blocks.%d.", u);
        const int c = cfg->channels[last - u];
        for (int i = 0; i <= cfg->layers_per_block; i++, in = c)
            resnet(w, i, in, c, 0);
        if (u < last)
            conv(w, "upsamplers.0.conv", c, c, 3);
        leave(w, outside);
    }
    norm(w, "conv_norm_out", in);
    conv(w, "conv_out", cfg->out_channels, in, 3);
    leave(w, before);
}

void rs_vae_tensors(const rs_vae_config *cfg, rs_tensor_visit visit, void *cookie)
{
    struct walk w = { .visit = visit, .cookie = cookie };
    const int z = cfg->latent_channels;
    vae_encoder(&w, cfg);
    if (cfg->quant_conv)
        conv(&w, "quant_conv", 2 * z, 2 * z, 1);
    if (cfg->post_quant_conv)
        conv(&w, "post_quant_conv", z, z, 1);
    vae_decoder(&w, cfg);
}

void rs_text_tensors(const rs_text_config *cfg, rs_tensor_visit visit, void *cookie)
{
    struct walk w = { .visit = visit, .cookie = cookie };
    const int c = cfg->width;
    enter(&w, "text_model.");
    matrix(&w, "embeddings.token_embedding", cfg->vocab_size, c);
    matrix(&w, "embeddings.position_embedding", cfg->max_tokens, c);
    for (int i = 0; i < cfg->layers; i++) {
        const size_t before = enter(&w, "encoder.layers.%d.", i);
        linear(&w, "self_attn.q_proj", c, c);
        linear(&w, "self_attn.k_proj", c, c);
        linear(&w, "self_attn.v_proj", c, c);
        linear(&w, "self_attn.out_proj", c, c);
        norm(&w, "layer_norm1", c);
        norm(&w, "layer_norm2", c);
        linear(&w, "mlp.fc1", cfg->mlp_width, c);
        linear(&w, "mlp.fc2", c, cfg->mlp_width);
        leave(&w, before);
    }
    norm(&w, "final_layer_norm", c);
}

void rs_part_tensors(const rs_bundle *b, rs_part part, rs_tensor_visit visit, void *cookie)
{
    switch (part) {
    case RS_PART_UNET: rs_unet_tensors(rs_bundle_unet(b), visit, cookie); break;
    case RS_PART_VAE: rs_vae_tensors(rs_bundle_vae(b), visit, cookie); break;
    default: rs_text_tensors(rs_bundle_text(b), visit, cookie); break;
    }
}
