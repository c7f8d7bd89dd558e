/* vae/config.json of the diffusers layout (AutoencoderKL). */
#include "weights/bundle_parts.h"
#include "weights/config_file.h"

static const rs_config_fixed fixed[] = {
    { "_class_name", "\"AutoencoderKL\"", NULL },
    { "act_fn", "\"silu\"", "\"swish\"" },
    { "shift_factor", "0", NULL },
    { "latents_mean", NULL, NULL },
    { "latents_std", NULL, NULL },
};

static const char *const down_types[] = { "DownEncoderBlock2D", NULL };
static const char *const up_types[] = { "UpDecoderBlock2D", NULL };

rs_status rs_vae_config_read(const rs_config_file *c, rs_vae_config *out)
{
    const char *const file = c->path;
    const rs_json *const root = c->root;
    /* Defaults of the class, for keys that a file leaves out. */
    rs_vae_config v = {
        .in_channels = 3, .out_channels = 3, .latent_channels = 4, .n_levels = 1,
        .channels = { 64 }, .layers_per_block = 1, .norm_groups = 32, .mid_attention = true,
        .quant_conv = true, .post_quant_conv = true,
    };
    int types[RS_MAX_LEVELS];
    double scaling = 0.18215;
    RS_TRY(rs_config_check_fixed(c, fixed, sizeof(fixed) / sizeof(*fixed)));
    RS_TRY(rs_json_int(file, root, "in_channels", 3, 3, &v.in_channels, c->err));
    RS_TRY(rs_json_int(file, root, "out_channels", 3, 3, &v.out_channels, c->err));
    RS_TRY(rs_json_int(file, root, "latent_channels", 1, 256, &v.latent_channels, c->err));
    RS_TRY(rs_config_int_list(c, "block_out_channels", 1, 16384, RS_MAX_LEVELS, &v.n_levels,
                              v.channels));
    RS_TRY(rs_config_choices(c, "down_block_types", down_types, v.n_levels, types));
    RS_TRY(rs_config_choices(c, "up_block_types", up_types, v.n_levels, types));
    RS_TRY(rs_json_int(file, root, "layers_per_block", 1, 16, &v.layers_per_block, c->err));
    RS_TRY(rs_json_int(file, root, "norm_num_groups", 1, 1024, &v.norm_groups, c->err));
    RS_TRY(rs_json_double(file, root, "scaling_factor", 1e-6, 1e6, &scaling, c->err));
    RS_TRY(rs_json_bool(file, root, "mid_block_add_attention", &v.mid_attention, c->err));
    RS_TRY(rs_json_bool(file, root, "use_quant_conv", &v.quant_conv, c->err));
    RS_TRY(rs_json_bool(file, root, "use_post_quant_conv", &v.post_quant_conv, c->err));
    v.scaling_factor = (float)scaling;
    *out = v;
    return RS_OK;
}

rs_status rs_vae_check(const rs_vae_config *v, const char *source, rs_err *err)
{
    for (int l = 0; l < v->n_levels; l++)
        if (v->channels[l] % v->norm_groups)
            return RS_FAIL(err, RS_E_FORMAT,
                           "'%s': level %d of the autoencoder has %d channels, which %d norm "
                           "groups "
                           "do not divide", source, l, v->channels[l], v->norm_groups);
    return RS_OK;
}
