/* Channel counts follow from simulating the way down and up: every output of the
 * way down (conv_in, each layer, each down sampler) is pushed, and each resnet of
 * the way up takes one back beside its own input. */
#include "model/unet_parts.h"

struct loader {
    rs_unet *u;
    rs_scope root;
    int c;                                               /* channels now */
    int skips[RS_MAX_LEVELS * (RS_UNET_MAX_LAYERS + 1) + 1]; /* channels of what was pushed */
    int n_skips;
};

static int emb_dim(const rs_unet *u)
{
    return 4 * u->cfg.channels[0];
}

static rs_status load_resnet(struct loader *l, const rs_scope *s, int i, int c_in, int c_out,
                             rs_unet_level *lev, rs_err *err)
{
    const rs_scope r = rs_scope_sub(s, "resnets.%d", i);
    lev->n_resnets = i + 1;
    return rs_resblock_load(&r, c_in, c_out, emb_dim(l->u), l->u->cfg.norm_groups, l->u->cfg.norm_eps,
                            &lev->resnets[i], err);
}

/* cfg_level: whose entry of heads and depth applies */
static rs_status load_attention(struct loader *l, const rs_scope *s, int i, int cfg_level,
                                rs_unet_level *lev, rs_err *err)
{
    const rs_unet_config *cfg = &l->u->cfg;
    const rs_scope a = rs_scope_sub(s, "attentions.%d", i);
    if (i == 0)
        lev->first_kv = l->u->n_kv;
    lev->n_attentions = i + 1;
    l->u->n_kv += cfg->transformer_layers[cfg_level];
    return rs_transformer_load(&a, lev->c, cfg->context_dim, cfg->heads[cfg_level],
                               cfg->transformer_layers[cfg_level], cfg->norm_groups,
                               &lev->attentions[i], err);
}

static void push(struct loader *l)
{
    l->skips[l->n_skips++] = l->c;
}

static rs_status load_down(struct loader *l, int i, rs_err *err)
{
    const rs_unet_config *cfg = &l->u->cfg;
    const rs_scope s = rs_scope_sub(&l->root, "down_blocks.%d", i);
    rs_unet_level *lev = &l->u->down[i];
    lev->c = cfg->channels[i];
    for (int k = 0; k < cfg->layers_per_block[i]; k++) {
        RS_TRY(load_resnet(l, &s, k, l->c, lev->c, lev, err));
        if (cfg->down_attn[i])
            RS_TRY(load_attention(l, &s, k, i, lev, err));
        l->c = lev->c;
        push(l);
    }
    lev->has_sampler = i + 1 < cfg->n_levels;
    if (lev->has_sampler) {
        RS_TRY(rs_conv_load(&s, "downsamplers.0.conv", lev->c, lev->c, 3, 2, 1, &lev->sampler, err));
        push(l);
    }
    return RS_OK;
}

static rs_status load_mid(struct loader *l, rs_err *err)
{
    const rs_unet_config *cfg = &l->u->cfg;
    const rs_scope s = rs_scope_sub(&l->root, "mid_block");
    l->u->mid.c = l->c;
    RS_TRY(load_resnet(l, &s, 0, l->c, l->c, &l->u->mid, err));
    if (cfg->mid_attn)
        RS_TRY(load_attention(l, &s, 0, cfg->n_levels - 1, &l->u->mid, err));
    return load_resnet(l, &s, 1, l->c, l->c, &l->u->mid, err);
}

static rs_status load_up(struct loader *l, int i, rs_err *err)
{
    const rs_unet_config *cfg = &l->u->cfg;
    const int mirror = cfg->n_levels - 1 - i;
    const rs_scope s = rs_scope_sub(&l->root, "up_blocks.%d", i);
    rs_unet_level *lev = &l->u->up[i];
    lev->c = cfg->channels[mirror];
    for (int k = 0; k <= cfg->layers_per_block[mirror]; k++) {
        RS_TRY(load_resnet(l, &s, k, l->c + l->skips[--l->n_skips], lev->c, lev, err));
        l->c = lev->c;
        if (cfg->up_attn[i])
            RS_TRY(load_attention(l, &s, k, mirror, lev, err));
    }
    lev->has_sampler = i + 1 < cfg->n_levels;
    if (lev->has_sampler)
        RS_TRY(rs_conv_load(&s, "upsamplers.0.conv", lev->c, lev->c, 3, 1, 1, &lev->sampler, err));
    return RS_OK;
}

static rs_status load_all(struct loader *l, rs_err *err)
{
    rs_unet *u = l->u;
    const rs_unet_config *cfg = &u->cfg;
    const int c0 = cfg->channels[0];
    const rs_scope exact = rs_scope_exact(&l->root);
    for (int i = 0; i < cfg->n_levels; i++)
        if (cfg->layers_per_block[i] < 1 || cfg->layers_per_block[i] >= RS_UNET_MAX_LAYERS)
            return RS_FAIL(err, RS_E_UNSUPPORTED, "unet: %d layers in level %d, 1 to %d are supported",
                           cfg->layers_per_block[i], i, RS_UNET_MAX_LAYERS - 1);
    RS_TRY(rs_linear_load(&exact, "time_embedding.linear_1", c0, emb_dim(u), true, &u->time1, err));
    RS_TRY(rs_linear_load(&exact, "time_embedding.linear_2", emb_dim(u), emb_dim(u), true, &u->time2,
                          err));
    RS_TRY(rs_conv_load(&exact, "conv_in", cfg->in_channels, c0, 3, 1, 1, &u->conv_in, err));
    l->c = c0;
    push(l);
    for (int i = 0; i < cfg->n_levels; i++)
        RS_TRY(load_down(l, i, err));
    u->n_skips = l->n_skips;
    if (cfg->has_mid)
        RS_TRY(load_mid(l, err));
    for (int i = 0; i < cfg->n_levels; i++)
        RS_TRY(load_up(l, i, err));
    RS_TRY(rs_norm_load(&l->root, "conv_norm_out", c0, cfg->norm_groups, cfg->norm_eps, &u->norm_out, err));
    return rs_conv_load(&exact, "conv_out", c0, cfg->out_channels, 3, 1, 1, &u->conv_out, err);
}

rs_status rs_unet_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle, bool fast,
                       rs_unet **out, rs_err *err)
{
    rs_unet *u = RS_NEW(arena, rs_unet);
    if (!u)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the unet");
    u->cfg = *rs_bundle_unet(bundle);
    struct loader l = { .u = u, .root = { .bundle = bundle, .part = RS_PART_UNET, .ex = ex,
                                          .arena = arena, .least = fast ? RS_BITS_I8 : RS_BITS_F32 } };
    RS_TRY(load_all(&l, err));
    *out = u;
    return RS_OK;
}
