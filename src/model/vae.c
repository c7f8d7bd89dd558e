#include "model/vae.h"

#include <math.h>
#include <string.h>

#include "nn/attention.h"
#include "nn/resblock.h"

#define EPS 1e-6f /* of every norm in AutoencoderKL */
#define MAX_LAYERS 16

struct level {
    int c, n_resnets;
    rs_resblock resnets[MAX_LAYERS + 1];
    bool has_sampler;
    rs_conv sampler;
};

struct mid {
    rs_resblock first, second;
    bool has_attention;
    rs_norm norm;
    rs_attention attn;
};

/* Encoder and decoder have the same parts in another order. */
struct half {
    rs_conv in, out;
    struct level levels[RS_MAX_LEVELS];
    struct mid mid;
    rs_norm norm_out;
};

struct rs_vae {
    rs_vae_config cfg;
    struct half enc, dec;
    rs_conv quant, post_quant;
};

static const rs_attention_names names = { "to_q", "to_k", "to_v", "to_out.0" };

static rs_status mid_load(const rs_scope *s, const rs_vae_config *cfg, int c, struct mid *m, rs_err *err)
{
    const rs_scope r0 = rs_scope_sub(s, "resnets.0"), r1 = rs_scope_sub(s, "resnets.1");
    const rs_scope a = rs_scope_sub(s, "attentions.0");
    RS_TRY(rs_resblock_load(&r0, c, c, 0, cfg->norm_groups, EPS, &m->first, err));
    m->has_attention = cfg->mid_attention;
    if (m->has_attention) {
        RS_TRY(rs_norm_load(&a, "group_norm", c, cfg->norm_groups, EPS, &m->norm, err));
        RS_TRY(rs_attention_load(&a, &names, c, 0, 1, true, &m->attn, err));
    }
    return rs_resblock_load(&r1, c, c, 0, cfg->norm_groups, EPS, &m->second, err);
}

static rs_status level_load(const rs_scope *s, const rs_vae_config *cfg, int c_in, int c_out, int n,
                            struct level *lev, rs_err *err)
{
    lev->c = c_out;
    lev->n_resnets = n;
    for (int i = 0; i < n; i++) {
        const rs_scope r = rs_scope_sub(s, "resnets.%d", i);
        RS_TRY(rs_resblock_load(&r, i ? c_out : c_in, c_out, 0, cfg->norm_groups, EPS, &lev->resnets[i],
                                err));
    }
    return RS_OK;
}

static rs_status encoder_load(const rs_scope *root, const rs_vae_config *cfg, struct half *e, rs_err *err)
{
    const rs_scope s = rs_scope_sub(root, "encoder"), m = rs_scope_sub(&s, "mid_block");
    const rs_scope exact = rs_scope_exact(&s);
    const int last = cfg->channels[cfg->n_levels - 1];
    RS_TRY(rs_conv_load(&exact, "conv_in", cfg->in_channels, cfg->channels[0], 3, 1, 1, &e->in, err));
    for (int i = 0, c = cfg->channels[0]; i < cfg->n_levels; c = cfg->channels[i++]) {
        const rs_scope b = rs_scope_sub(&s, "down_blocks.%d", i);
        struct level *lev = &e->levels[i];
        RS_TRY(level_load(&b, cfg, c, cfg->channels[i], cfg->layers_per_block, lev, err));
        lev->has_sampler = i + 1 < cfg->n_levels;
        if (lev->has_sampler) /* zeros below and right only: pad (0, 1, 0, 1) */
            RS_TRY(rs_conv_load(&b, "downsamplers.0.conv", lev->c, lev->c, 3, 2, 0, &lev->sampler, err));
    }
    RS_TRY(mid_load(&m, cfg, last, &e->mid, err));
    RS_TRY(rs_norm_load(&s, "conv_norm_out", last, cfg->norm_groups, EPS, &e->norm_out, err));
    return rs_conv_load(&exact, "conv_out", last, 2 * cfg->latent_channels, 3, 1, 1, &e->out, err);
}

static rs_status decoder_load(const rs_scope *root, const rs_vae_config *cfg, struct half *d, rs_err *err)
{
    const rs_scope s = rs_scope_sub(root, "decoder"), m = rs_scope_sub(&s, "mid_block");
    const rs_scope exact = rs_scope_exact(&s);
    int c = cfg->channels[cfg->n_levels - 1];
    RS_TRY(rs_conv_load(&exact, "conv_in", cfg->latent_channels, c, 3, 1, 1, &d->in, err));
    RS_TRY(mid_load(&m, cfg, c, &d->mid, err));
    for (int i = 0; i < cfg->n_levels; i++) {
        const rs_scope b = rs_scope_sub(&s, "up_blocks.%d", i);
        struct level *lev = &d->levels[i];
        const int to = cfg->channels[cfg->n_levels - 1 - i];
        RS_TRY(level_load(&b, cfg, c, to, cfg->layers_per_block + 1, lev, err));
        lev->has_sampler = i + 1 < cfg->n_levels;
        if (lev->has_sampler)
            RS_TRY(rs_conv_load(&b, "upsamplers.0.conv", to, to, 3, 1, 1, &lev->sampler, err));
        c = to;
    }
    RS_TRY(rs_norm_load(&s, "conv_norm_out", c, cfg->norm_groups, EPS, &d->norm_out, err));
    return rs_conv_load(&exact, "conv_out", c, cfg->out_channels, 3, 1, 1, &d->out, err);
}

rs_status rs_vae_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle, bool fast,
                      rs_vae **out, rs_err *err)
{
    const rs_scope root = { .bundle = bundle, .part = RS_PART_VAE, .ex = ex, .arena = arena,
                            .least = fast ? RS_BITS_BF16 : RS_BITS_F32 };
    const rs_scope exact = rs_scope_exact(&root);
    rs_vae *v = RS_NEW(arena, rs_vae);
    if (!v)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the autoencoder");
    v->cfg = *rs_bundle_vae(bundle);
    const int z = v->cfg.latent_channels;
    if (v->cfg.layers_per_block < 1 || v->cfg.layers_per_block > MAX_LAYERS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "vae: %d layers a block, 1 to %d are supported",
                       v->cfg.layers_per_block, MAX_LAYERS);
    RS_TRY(encoder_load(&root, &v->cfg, &v->enc, err));
    RS_TRY(decoder_load(&root, &v->cfg, &v->dec, err));
    if (v->cfg.quant_conv)
        RS_TRY(rs_conv_load(&exact, "quant_conv", 2 * z, 2 * z, 1, 1, 0, &v->quant, err));
    if (v->cfg.post_quant_conv)
        RS_TRY(rs_conv_load(&exact, "post_quant_conv", z, z, 1, 1, 0, &v->post_quant, err));
    *out = v;
    return RS_OK;
}

int rs_vae_factor(const rs_vae *v)
{
    return 1 << (v->cfg.n_levels - 1);
}

/* x in place */
static rs_status mid_run(const rs_exec *ex, const struct mid *m, const rs_tensor *x, rs_err *err)
{
    RS_TRY(rs_resblock_forward(ex, &m->first, x, x, NULL, err));
    if (m->has_attention) {
        rs_tensor h;
        const rs_arena_mark mark = rs_arena_save(ex->scratch);
        RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, x->c, &h, err));
        RS_TRY(rs_norm_forward(ex, &m->norm, &h, x, false, err));
        RS_TRY(rs_attention_forward(ex, &m->attn, x, &h, NULL, false, err));
        rs_arena_rewind(ex->scratch, mark);
    }
    return rs_resblock_forward(ex, &m->second, x, x, NULL, err);
}

/* The picture on its way through a half, in one of two buffers; a layer that changes
 * its shape writes to the other. At full size a picture is what memory is needed for:
 * 268 MB with 256 channels of 512x512. */
struct flow {
    rs_tensor x;
    rs_tensor buffers[2]; /* flat, as large as the largest picture they will hold */
    int current;
};

/* x's successor, of another shape, in the other buffer. */
static rs_tensor flow_next(const struct flow *f, int h, int w, int c)
{
    const rs_tensor *buffer = &f->buffers[!f->current];
    const rs_tensor y = { .n = f->x.n, .h = h, .w = w, .c = c, .data = buffer->data };
    RS_BUG_IF(rs_tensor_count(&y) > rs_tensor_count(buffer));
    return y;
}

static void flow_move(struct flow *f, const rs_tensor *y)
{
    f->x = *y;
    f->current = !f->current;
}

static int scaled(int size, bool up)
{
    return up ? 2 * size : size / 2;
}

/* Room for a picture of x's shape that goes through these levels. */
static rs_status flow_start(const rs_exec *ex, const struct half *half, int n_levels, bool up,
                            const rs_tensor *x, struct flow *f, rs_err *err)
{
    rs_tensor y = *x, most[2] = { *x, { 1, 1, 1, 1, NULL } };
    int at = 0;
    for (int i = 0; i < n_levels; i++)
        for (int move = 0; move < 2; move++) { /* the first resnet, the sampler */
            if (move ? !half->levels[i].has_sampler : y.c == half->levels[i].c)
                continue;
            y.c = half->levels[i].c;
            y.h = move ? scaled(y.h, up) : y.h;
            y.w = move ? scaled(y.w, up) : y.w;
            at = !at;
            if (rs_tensor_count(&y) > rs_tensor_count(&most[at]))
                most[at] = y;
        }
    for (int i = 0; i < 2; i++)
        RS_TRY(rs_tensor_alloc(ex->scratch, most[i].n, most[i].h, most[i].w, most[i].c, &f->buffers[i],
                               err));
    f->current = 0;
    f->x = *x;
    f->x.data = f->buffers[0].data;
    return RS_OK;
}

static rs_status resnets_run(const rs_exec *ex, const struct level *lev, struct flow *f, rs_err *err)
{
    for (int i = 0; i < lev->n_resnets; i++) {
        if (f->x.c == lev->c) {
            RS_TRY(rs_resblock_forward(ex, &lev->resnets[i], &f->x, &f->x, NULL, err));
            continue;
        }
        const rs_tensor y = flow_next(f, f->x.h, f->x.w, lev->c);
        RS_TRY(rs_resblock_forward(ex, &lev->resnets[i], &y, &f->x, NULL, err));
        flow_move(f, &y);
    }
    return RS_OK;
}

static rs_status encode(const rs_exec *ex, const rs_vae *v, const rs_tensor *picture, rs_tensor *moments,
                        rs_err *err)
{
    const struct half *e = &v->enc;
    struct flow f;
    rs_tensor x = *picture, y;
    x.c = v->cfg.channels[0];
    RS_TRY(flow_start(ex, e, v->cfg.n_levels, false, &x, &f, err));
    RS_TRY(rs_conv_forward(ex, &e->in, &f.x, picture, NULL, err));
    for (int i = 0; i < v->cfg.n_levels; i++) {
        RS_TRY(resnets_run(ex, &e->levels[i], &f, err));
        if (!e->levels[i].has_sampler)
            continue;
        y = flow_next(&f, scaled(f.x.h, false), scaled(f.x.w, false), f.x.c);
        RS_TRY(rs_conv_forward(ex, &e->levels[i].sampler, &y, &f.x, NULL, err));
        flow_move(&f, &y);
    }
    x = f.x;
    RS_TRY(mid_run(ex, &e->mid, &x, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, x.n, x.h, x.w, 2 * v->cfg.latent_channels, &y, err));
    RS_TRY(rs_norm_conv_forward(ex, &e->norm_out, &e->out, &y, &x, NULL, err));
    if (v->cfg.quant_conv) {
        RS_TRY(rs_tensor_alloc(ex->scratch, x.n, x.h, x.w, y.c, moments, err));
        return rs_conv_forward(ex, &v->quant, moments, &y, NULL, err);
    }
    *moments = y;
    return RS_OK;
}

static void split_moments(const rs_tensor *moments, const rs_tensor *mean, const rs_tensor *logvar)
{
    const size_t z = (size_t)mean->c, rows = rs_tensor_rows(mean);
    for (size_t r = 0; r < rows; r++) {
        const float *m = moments->data + r * 2 * z;
        memcpy(mean->data + r * z, m, z * sizeof(float));
        for (size_t c = 0; logvar && c < z; c++)
            logvar->data[r * z + c] = fminf(fmaxf(m[z + c], -30.0f), 20.0f);
    }
}

rs_status rs_vae_encode(const rs_exec *ex, const rs_vae *v, const rs_tensor *picture,
                        const rs_tensor *mean, const rs_tensor *logvar, rs_err *err)
{
    const int f = rs_vae_factor(v);
    RS_BUG_IF(picture->c != v->cfg.in_channels || mean->c != v->cfg.latent_channels ||
              picture->h != mean->h * f || picture->w != mean->w * f || picture->n != mean->n);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    rs_tensor moments;
    const rs_status s = encode(ex, v, picture, &moments, err);
    if (s == RS_OK)
        split_moments(&moments, mean, logvar);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

static rs_status up_sample(const rs_exec *ex, const struct level *lev, struct flow *f, rs_err *err)
{
    const rs_tensor y = flow_next(f, scaled(f->x.h, true), scaled(f->x.w, true), lev->c);
    RS_TRY(rs_conv_forward(ex, &lev->sampler, &y, &f->x, &(rs_conv_args){ .enlarge = true }, err));
    flow_move(f, &y);
    return RS_OK;
}

static rs_status decode(const rs_exec *ex, const rs_vae *v, const rs_tensor *latent,
                        const rs_tensor *picture, rs_err *err)
{
    const struct half *d = &v->dec;
    rs_tensor z = *latent, x = *latent;
    struct flow f;
    if (v->cfg.post_quant_conv) {
        RS_TRY(rs_tensor_alloc(ex->scratch, z.n, z.h, z.w, z.c, &z, err));
        RS_TRY(rs_conv_forward(ex, &v->post_quant, &z, latent, NULL, err));
    }
    x.c = v->cfg.channels[v->cfg.n_levels - 1];
    RS_TRY(flow_start(ex, d, v->cfg.n_levels, true, &x, &f, err));
    RS_TRY(rs_conv_forward(ex, &d->in, &f.x, &z, NULL, err));
    RS_TRY(mid_run(ex, &d->mid, &f.x, err));
    for (int i = 0; i < v->cfg.n_levels; i++) {
        RS_TRY(resnets_run(ex, &d->levels[i], &f, err));
        if (d->levels[i].has_sampler)
            RS_TRY(up_sample(ex, &d->levels[i], &f, err));
    }
    return rs_norm_conv_forward(ex, &d->norm_out, &d->out, picture, &f.x, NULL, err);
}

rs_status rs_vae_decode(const rs_exec *ex, const rs_vae *v, const rs_tensor *latent,
                        const rs_tensor *picture, rs_err *err)
{
    const int f = rs_vae_factor(v);
    RS_BUG_IF(picture->c != v->cfg.out_channels || latent->c != v->cfg.latent_channels ||
              picture->h != latent->h * f || picture->w != latent->w * f || picture->n != latent->n);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = decode(ex, v, latent, picture, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
