/* unet/config.json of the diffusers layout (UNet2DConditionModel). */
#include "weights/bundle_parts.h"
#include "weights/config_file.h"

#define MAX_CHANNELS 16384

/* Variants of the architecture that the engine does not have. */
static const rs_config_fixed fixed[] = {
    { "_class_name", "\"UNet2DConditionModel\"", NULL },
    { "act_fn", "\"silu\"", "\"swish\"" },
    { "resnet_time_scale_shift", "\"default\"", NULL },
    { "resnet_skip_time_act", "false", NULL },
    { "resnet_out_scale_factor", "1", NULL },
    { "class_embed_type", NULL, NULL },
    { "num_class_embeds", NULL, NULL },
    { "addition_embed_type", NULL, NULL },
    { "encoder_hid_dim", NULL, NULL },
    { "encoder_hid_dim_type", NULL, NULL },
    { "time_embedding_type", "\"positional\"", NULL },
    { "time_embedding_dim", NULL, NULL },
    { "time_embedding_act_fn", NULL, NULL },
    { "timestep_post_act", NULL, NULL },
    { "time_cond_proj_dim", NULL, NULL }, /* consistency models: guidance as an input */
    { "conv_in_kernel", "3", NULL },
    { "conv_out_kernel", "3", NULL },
    { "downsample_padding", "1", NULL },
    { "center_input_sample", "false", NULL },
    { "mid_block_scale_factor", "1", NULL },
    { "dual_cross_attention", "false", NULL },
    { "only_cross_attention", "false", NULL },
    { "mid_block_only_cross_attention", "false", NULL },
    { "cross_attention_norm", NULL, NULL },
    { "attention_type", "\"default\"", NULL },
    { "class_embeddings_concat", "false", NULL },
    { "reverse_transformer_layers_per_block", NULL, NULL },
};

static const char *const down_types[] = { "DownBlock2D", "CrossAttnDownBlock2D", NULL };
static const char *const up_types[] = { "UpBlock2D", "CrossAttnUpBlock2D", NULL };
static const char *const mid_types[] = { "UNetMidBlock2DCrossAttn", NULL };

/* Defaults of the class, for keys that a file leaves out. */
static rs_unet_config defaults(void)
{
    rs_unet_config u = {
        .in_channels = 4, .out_channels = 4, .n_levels = 4, .channels = { 320, 640, 1280, 1280 },
        .mid_attn = true, .has_mid = true, .context_dim = 1280, .norm_groups = 32,
        .norm_eps = 1e-5f, .flip_sin_to_cos = true,
    };
    for (int i = 0; i < RS_MAX_LEVELS; i++) {
        u.layers_per_block[i] = 2;
        u.transformer_layers[i] = 1;
        u.heads[i] = 8;
    }
    return u;
}

static rs_status read_blocks(const rs_config_file *c, rs_unet_config *u)
{
    int down[RS_MAX_LEVELS], up[RS_MAX_LEVELS], mid = 0;
    for (int i = 0; i < u->n_levels; i++) {
        down[i] = i + 1 < u->n_levels;
        up[i] = i > 0;
    }
    RS_TRY(rs_config_choices(c, "down_block_types", down_types, u->n_levels, down));
    RS_TRY(rs_config_choices(c, "up_block_types", up_types, u->n_levels, up));
    for (int i = 0; i < u->n_levels; i++) {
        u->down_attn[i] = down[i];
        u->up_attn[i] = up[i];
    }
    const rs_json *m = rs_json_get(c->root, "mid_block_type");
    if (m && m->type == RS_JSON_NULL)
        u->has_mid = u->mid_attn = false;
    return rs_config_choice(c, "mid_block_type", mid_types, &mid);
}

/* attention_head_dim is, by an old mistake of naming, the number of heads;
 * num_attention_heads, where it is given, wins. */
static rs_status read_heads(const rs_config_file *c, rs_unet_config *u)
{
    RS_TRY(rs_config_ints(c, "attention_head_dim", 1, 1024, u->n_levels, u->heads));
    return rs_config_ints(c, "num_attention_heads", 1, 1024, u->n_levels, u->heads);
}

rs_status rs_unet_config_read(const rs_config_file *c, rs_unet_config *out)
{
    const char *const file = c->path;
    const rs_json *const root = c->root;
    rs_unet_config u = defaults();
    int context[RS_MAX_LEVELS];
    double eps = (double)u.norm_eps;
    RS_TRY(rs_config_check_fixed(c, fixed, sizeof(fixed) / sizeof(*fixed)));
    RS_TRY(rs_json_int(file, root, "in_channels", 1, 1024, &u.in_channels, c->err));
    RS_TRY(rs_json_int(file, root, "out_channels", 1, 1024, &u.out_channels, c->err));
    RS_TRY(rs_config_int_list(c, "block_out_channels", 1, MAX_CHANNELS, RS_MAX_LEVELS, &u.n_levels,
                              u.channels));
    RS_TRY(rs_config_ints(c, "layers_per_block", 1, 16, u.n_levels, u.layers_per_block));
    RS_TRY(rs_config_ints(c, "transformer_layers_per_block", 1, 16, u.n_levels,
                          u.transformer_layers));
    RS_TRY(read_blocks(c, &u));
    RS_TRY(read_heads(c, &u));
    for (int i = 0; i < RS_MAX_LEVELS; i++)
        context[i] = u.context_dim;
    RS_TRY(rs_config_ints(c, "cross_attention_dim", 1, MAX_CHANNELS, u.n_levels, context));
    u.context_dim = context[0];
    for (int i = 1; i < u.n_levels; i++)
        if (context[i] != context[0])
            return rs_json_fail(c->err, RS_E_UNSUPPORTED, file,
                                rs_json_get(root, "cross_attention_dim"),
                                "'cross_attention_dim' differs between levels, restyle supports "
                                "one");
    RS_TRY(rs_json_bool(file, root, "use_linear_projection", &u.linear_projection, c->err));
    RS_TRY(rs_json_int(file, root, "norm_num_groups", 1, 1024, &u.norm_groups, c->err));
    RS_TRY(rs_json_double(file, root, "norm_eps", 1e-12, 1, &eps, c->err));
    RS_TRY(rs_json_bool(file, root, "flip_sin_to_cos", &u.flip_sin_to_cos, c->err));
    RS_TRY(rs_json_int(file, root, "freq_shift", 0, 1, &u.freq_shift, c->err));
    u.norm_eps = (float)eps;
    *out = u;
    return RS_OK;
}

rs_status rs_unet_check(const rs_unet_config *u, const char *source, rs_err *err)
{
    /* The time embedding is half sines, half cosines; freq_shift 1 divides by half - 1. */
    if (u->channels[0] % 2 || u->channels[0] < 4)
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s': the unet's first level has %d channels, expected an even number "
                       "from 4",
                       source, u->channels[0]);
    for (int l = 0; l < u->n_levels; l++) {
        const bool last = l + 1 == u->n_levels;
        if (u->channels[l] % u->norm_groups)
            return RS_FAIL(err, RS_E_FORMAT,
                           "'%s': level %d of the unet has %d channels, which %d norm groups do "
                           "not "
                           "divide", source, l, u->channels[l], u->norm_groups);
        const bool attention =
            u->down_attn[l] || u->up_attn[u->n_levels - 1 - l] || (last && u->mid_attn);
        if (attention && u->channels[l] % u->heads[l])
            return RS_FAIL(err, RS_E_FORMAT,
                           "'%s': level %d of the unet has %d channels, which %d attention heads "
                           "do "
                           "not divide", source, l, u->channels[l], u->heads[l]);
    }
    return RS_OK;
}
