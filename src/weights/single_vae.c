/* The autoencoder's sizes, read off the tensors of a single-file checkpoint. */
#include "weights/names_sd15.h"
#include "weights/single_file.h"

#define ENC RS_LDM_VAE "encoder."
#define DEC RS_LDM_VAE "decoder."

/* encoder.down.L.block.I; every level has the same number of blocks. */
static rs_status scan_levels(const rs_bundle *b, rs_vae_config *v, rs_err *err)
{
    while (rs_single_has(b, ENC "down.%d.block.0.conv2.weight", v->n_levels)) {
        const int level = v->n_levels;
        int layers = 0;
        if (level == RS_MAX_LEVELS)
            return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': the autoencoder has more than %d levels",
                           b->path, RS_MAX_LEVELS);
        RS_TRY(rs_single_dim(b, 0, &v->channels[level], err, ENC "down.%d.block.0.conv2.weight",
                             level));
        while (layers < 16 && rs_single_has(b, ENC "down.%d.block.%d.conv2.weight", level, layers))
            layers++;
        if (level && layers != v->layers_per_block)
            return RS_FAIL(err, RS_E_UNSUPPORTED,
                           "'%s': level %d of the autoencoder has %d layers, the one before %d",
                           b->path,
                           level, layers, v->layers_per_block);
        v->layers_per_block = layers;
        v->n_levels++;
    }
    if (v->n_levels == 0)
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no autoencoder: no tensor begins with "
                       "'%sdown'",
                       b->path, ENC);
    return RS_OK;
}

rs_status rs_single_vae(rs_bundle *b, rs_err *err)
{
    rs_vae_config v = { 0 };
    rs_config_file meta;
    double scaling = 0.18215;
    RS_TRY(scan_levels(b, &v, err));
    RS_TRY(rs_single_dim(b, 1, &v.in_channels, err, ENC "conv_in.weight"));
    RS_TRY(rs_single_dim(b, 0, &v.out_channels, err, DEC "conv_out.weight"));
    RS_TRY(rs_single_dim(b, 1, &v.latent_channels, err, DEC "conv_in.weight"));
    if (v.in_channels != 3 || v.out_channels != 3)
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s': the autoencoder takes %d and returns %d colours, expected 3", b->path,
                       v.in_channels, v.out_channels);
    v.mid_attention = rs_single_has(b, ENC "mid.attn_1.norm.weight");
    v.quant_conv = rs_single_has(b, RS_LDM_VAE "quant_conv.weight");
    v.post_quant_conv = rs_single_has(b, RS_LDM_VAE "post_quant_conv.weight");
    v.norm_groups = rs_single_norm_groups(v.channels, v.n_levels);
    RS_TRY(rs_single_metadata(b, &meta, err));
    RS_TRY(rs_json_double(meta.path, meta.root, "restyle.scaling_factor", 1e-6, 1e6, &scaling,
                          err));
    RS_TRY(rs_json_int(meta.path, meta.root, "restyle.vae_norm_groups", 1, 1024, &v.norm_groups,
                       err));
    v.scaling_factor = (float)scaling;
    RS_TRY(rs_vae_check(&v, b->path, err));
    b->vae = v;
    return RS_OK;
}
