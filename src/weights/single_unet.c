/* The UNet's sizes, read off the tensors of a single-file checkpoint.
 *
 * input_blocks.0 is the first convolution; behind it come, level after level,
 * layers (".0.in_layers.2" and, where there is attention, ".1.transformer_blocks")
 * and one downsampling convolution (".0.op") that ends the level. */
#include <stdio.h>

#include "weights/names_sd15.h"
#include "weights/single_file.h"

#define IN RS_LDM_UNET "input_blocks."
#define OUT RS_LDM_UNET "output_blocks."
#define MID RS_LDM_UNET "middle_block."
#define MAX_LAYERS 16

struct scan {
    const rs_bundle *b;
    rs_unet_config u;
    char attention[64]; /* prefix of the first transformer that was met, or "" */
    rs_err *err;
};

/* Transformer blocks of the module at prefix, which ends with a dot. */
static int depth_at(struct scan *s, const char *list, int n)
{
    int depth = 0;
    while (depth < MAX_LAYERS &&
           rs_single_has(s->b, "%s%d.1.transformer_blocks.%d.attn1.to_q.weight", list, n, depth))
        depth++;
    if (depth && !s->attention[0])
        snprintf(s->attention, sizeof(s->attention), "%s%d.1.", list, n);
    return depth;
}

/* One level of the way down from input block *n on; *more when another follows. */
static rs_status scan_level(struct scan *s, int level, int *n, bool *more)
{
    rs_unet_config *u = &s->u;
    int layers = 0;
    for (; layers < MAX_LAYERS && rs_single_has(s->b, IN "%d.0.in_layers.2.weight", *n); ++*n,
         layers++) {
        int c;
        RS_TRY(rs_single_dim(s->b, 0, &c, s->err, IN "%d.0.out_layers.3.weight", *n));
        const int depth = depth_at(s, IN, *n);
        if (layers == 0) {
            u->channels[level] = c;
            u->transformer_layers[level] = depth;
            u->down_attn[level] = depth > 0;
        } else if (c != u->channels[level] || depth != u->transformer_layers[level]) {
            return RS_FAIL(s->err, RS_E_UNSUPPORTED,
                           "'%s': 'input_blocks.%d' differs from the layer before it on the same "
                           "level",
                           s->b->path, *n);
        }
    }
    if (layers == 0)
        return RS_FAIL(s->err, RS_E_FORMAT, "'%s': 'input_blocks.%d' is no layer of a known kind",
                       s->b->path, *n);
    u->layers_per_block[level] = layers;
    *more = rs_single_has(s->b, IN "%d.0.op.weight", *n);
    *n += *more;
    return RS_OK;
}

static rs_status scan_down(struct scan *s)
{
    bool more = true;
    int n = 1;
    for (int level = 0; more; level++) {
        if (level == RS_MAX_LEVELS)
            return RS_FAIL(s->err, RS_E_UNSUPPORTED, "'%s': the unet has more than %d levels",
                           s->b->path,
                           RS_MAX_LEVELS);
        RS_TRY(scan_level(s, level, &n, &more));
        s->u.n_levels = level + 1;
    }
    if (rs_single_has(s->b, IN "%d.0.in_layers.2.weight", n))
        return RS_FAIL(s->err, RS_E_UNSUPPORTED, "'%s': a level of the unet has more than %d "
                       "layers",
                       s->b->path, MAX_LAYERS);
    return RS_OK;
}

/* A depth found elsewhere on a level must be that of the level's way down. */
static rs_status agree(struct scan *s, int level, int depth, const char *where)
{
    int *known = &s->u.transformer_layers[level];
    if (depth == 0 || depth == *known)
        return RS_OK;
    if (*known)
        return RS_FAIL(s->err, RS_E_UNSUPPORTED,
                       "'%s': level %d of the unet has %d transformer blocks a layer, but its %s "
                       "has %d",
                       s->b->path, level, *known, where, depth);
    *known = depth;
    return RS_OK;
}

static rs_status scan_middle_and_up(struct scan *s)
{
    rs_unet_config *u = &s->u;
    const int last = u->n_levels - 1;
    int depth = 0;
    u->has_mid = rs_single_has(s->b, MID "0.in_layers.2.weight");
    while (depth < MAX_LAYERS &&
           rs_single_has(s->b, MID "1.transformer_blocks.%d.attn1.to_q.weight", depth))
        depth++;
    u->mid_attn = depth > 0;
    if (u->has_mid != u->mid_attn)
        return RS_FAIL(s->err, RS_E_UNSUPPORTED, "'%s': the unet's middle block has no attention",
                       s->b->path);
    if (depth && !s->attention[0])
        snprintf(s->attention, sizeof(s->attention), MID "1.");
    RS_TRY(agree(s, last, depth, "middle block"));
    for (int i = 0, n = 0; i <= last; i++) {
        const int level = last - i;
        depth = depth_at(s, OUT, n);
        u->up_attn[i] = depth > 0;
        RS_TRY(agree(s, level, depth, "way up"));
        n += u->layers_per_block[level] + 1;
    }
    return RS_OK;
}

/* Number of heads, by what the family has: 8 in Stable Diffusion 1.x, heads of
 * 64 channels in 2.x (text 1024 wide, linear projections). */
static void guess_heads(rs_unet_config *u)
{
    const bool second = u->context_dim == 1024 && u->linear_projection;
    for (int l = 0; l < u->n_levels; l++)
        u->heads[l] = second && u->channels[l] >= 64 ? u->channels[l] / 64 : 8;
}

rs_status rs_single_unet(rs_bundle *b, rs_err *err)
{
    struct scan s = {
        .b = b, .err = err,
        .u = { .norm_eps = 1e-5f, .flip_sin_to_cos = true },
    };
    rs_unet_config *u = &s.u;
    rs_config_file meta;
    RS_TRY(rs_single_dim(b, 1, &u->in_channels, err, IN "0.0.weight"));
    RS_TRY(rs_single_dim(b, 0, &u->out_channels, err, RS_LDM_UNET "out.2.weight"));
    RS_TRY(scan_down(&s));
    RS_TRY(scan_middle_and_up(&s));
    if (!s.attention[0])
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': the unet has no attention, so it takes no "
                       "text",
                       b->path);
    RS_TRY(rs_single_dim(b, 1, &u->context_dim, err, "%stransformer_blocks.0.attn2.to_k.weight",
                         s.attention));
    int kernel;
    rs_err absent;
    u->linear_projection =
        rs_single_dim(b, 2, &kernel, &absent, "%sproj_in.weight", s.attention) != RS_OK;
    for (int l = 0; l < u->n_levels; l++)
        if (u->transformer_layers[l] == 0)
            u->transformer_layers[l] = 1; /* as in a config.json, where no level has none */
    guess_heads(u);
    u->norm_groups = rs_single_norm_groups(u->channels, u->n_levels);
    RS_TRY(rs_single_metadata(b, &meta, err));
    RS_TRY(rs_config_ints(&meta, "restyle.heads", 1, 1024, u->n_levels, u->heads));
    RS_TRY(rs_json_int(meta.path, meta.root, "restyle.norm_groups", 1, 1024, &u->norm_groups, err));
    const rs_status status = rs_unet_check(u, b->path, err);
    if (status == RS_OK)
        b->unet = *u;
    return status;
}
