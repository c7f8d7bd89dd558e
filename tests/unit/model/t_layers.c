/* Each kind of block of UNet and autoencoder against diffusers: alone on odd
 * sizes and batches, and every layer of a whole run in its place, fed with the
 * reference's own input, so that the first wrong layer is the one named. */
#include "nn/resblock.h"
#include "nn/transformer.h"
#include "tensor/op_eltwise.h"
#include "tests/lib/golden_model.h"

static rs_err err;
static double worst;

/* Where a layer is and what it is fed with. */
struct place {
    struct golden_model *m;
    rs_part part;
    char golden[160]; /* prefix of the reference tensors: "unet/", "vae/encode/a/" */
};

static void note(double e)
{
    worst = e > worst ? e : worst;
}

static rs_scope scope_of(const struct place *p, const char *path)
{
    const rs_scope root = golden_model_scope(p->m, p->part);
    return rs_scope_sub(&root, "%s", path);
}

static int norm_groups(const struct place *p)
{
    return p->part == RS_PART_UNET ? rs_bundle_unet(p->m->bundle)->norm_groups
                                   : rs_bundle_vae(p->m->bundle)->norm_groups;
}

static float norm_eps(const struct place *p)
{
    return p->part == RS_PART_UNET ? rs_bundle_unet(p->m->bundle)->norm_eps : 1e-6f;
}

/* emb: before its silu, or NULL. */
static rs_tensor run_resnet(const struct place *p, const char *path, int c_out, const rs_tensor *x,
                            const rs_tensor *emb)
{
    const rs_scope s = scope_of(p, path);
    rs_resblock b;
    rs_tensor act, y = golden_model_new(p->m, x->n, x->h, x->w, c_out);
    CHECK_OK(rs_resblock_load(&s, x->c, c_out, emb ? emb->c : 0, norm_groups(p), norm_eps(p), &b, &err));
    if (emb) {
        act = golden_model_new(p->m, 1, 1, 1, emb->c);
        rs_op_silu(&p->m->ex, &act, emb);
    }
    CHECK_OK(rs_resblock_forward(&p->m->ex, &b, &y, x, emb ? &act : NULL, &err));
    return y;
}

static rs_tensor copy_of(const struct place *p, const rs_tensor *x)
{
    rs_tensor y = golden_model_new(p->m, x->n, x->h, x->w, x->c);
    memcpy(y.data, x->data, rs_tensor_count(x) * sizeof(float));
    return y;
}

static void load_transformer(const struct place *p, const char *path, int level, rs_transformer *t)
{
    const rs_unet_config *cfg = rs_bundle_unet(p->m->bundle);
    const rs_scope s = scope_of(p, path);
    CHECK_OK(rs_transformer_load(&s, cfg->channels[level], cfg->context_dim, cfg->heads[level],
                                 cfg->transformer_layers[level], cfg->norm_groups, t, &err));
}

static rs_tensor run_transformer(const struct place *p, const char *path, int level, const rs_tensor *x,
                                 const rs_tensor *context)
{
    rs_transformer t;
    rs_kv kv[16];
    load_transformer(p, path, level, &t);
    CHECK(t.depth <= 16);
    CHECK_OK(rs_transformer_context(&p->m->ex, &t, p->m->arena, context, kv, &err));
    rs_tensor y = copy_of(p, x);
    CHECK_OK(rs_transformer_forward(&p->m->ex, &t, &y, kv, &err));
    return y;
}

/* The autoencoder's attention: norm, attention of one head, added to x. */
static rs_tensor run_vae_attention(const struct place *p, const char *path, const rs_tensor *x)
{
    static const rs_attention_names names = { "to_q", "to_k", "to_v", "to_out.0" };
    const rs_scope s = scope_of(p, path);
    rs_norm norm;
    rs_attention a;
    rs_tensor h = golden_model_new(p->m, x->n, x->h, x->w, x->c), y = copy_of(p, x);
    CHECK_OK(rs_norm_load(&s, "group_norm", x->c, norm_groups(p), norm_eps(p), &norm, &err));
    CHECK_OK(rs_attention_load(&s, &names, x->c, 0, 1, true, &a, &err));
    CHECK_OK(rs_norm_forward(&p->m->ex, &norm, &h, x, false, &err));
    CHECK_OK(rs_attention_forward(&p->m->ex, &a, &y, &h, NULL, false, &err));
    return y;
}

/* The UNet pads by one all around, the autoencoder below and to the right only. */
static rs_tensor run_down(const struct place *p, const char *path, const rs_tensor *x)
{
    const int pad = p->part == RS_PART_UNET;
    const rs_scope s = scope_of(p, path);
    rs_conv conv;
    rs_tensor y = golden_model_new(p->m, x->n, (x->h + pad) / 2, (x->w + pad) / 2, x->c);
    CHECK_OK(rs_conv_load(&s, "conv", x->c, x->c, 3, 2, pad, &conv, &err));
    CHECK_OK(rs_conv_forward(&p->m->ex, &conv, &y, x, NULL, &err));
    return y;
}

static rs_tensor run_up(const struct place *p, const char *path, const rs_tensor *x, int h, int w)
{
    const rs_scope s = scope_of(p, path);
    rs_conv conv;
    rs_tensor y = golden_model_new(p->m, x->n, h, w, x->c);
    CHECK_OK(rs_conv_load(&s, "conv", x->c, x->c, 3, 1, 1, &conv, &err));
    CHECK_OK(rs_conv_forward(&p->m->ex, &conv, &y, x, &(rs_conv_args){ .enlarge = true }, &err));
    return y;
}

/* ---- blocks alone ---- */

static void resnets(struct golden_model *m)
{
    static const struct {
        rs_part part;
        const char *golden, *path;
    } cases[] = {
        { RS_PART_UNET, "unet/", "down_blocks.0.resnets.0" },        /* no shortcut */
        { RS_PART_UNET, "unet/", "down_blocks.1.resnets.0" },        /* shortcut, more channels */
        { RS_PART_UNET, "unet/", "up_blocks.0.resnets.0" },          /* shortcut, fewer channels */
        { RS_PART_VAE, "vae/", "encoder.down_blocks.0.resnets.0" },  /* no time embedding */
        { RS_PART_VAE, "vae/", "encoder.down_blocks.1.resnets.0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *g = cases[i].golden, *path = cases[i].path;
        const struct place p = { .m = m, .part = cases[i].part };
        const rs_tensor x = golden_model_read(m, "%s%s/in", g, path);
        const rs_tensor want = golden_model_read(m, "%s%s/out", g, path);
        rs_tensor emb, y;
        if (p.part == RS_PART_UNET)
            emb = golden_model_read(m, "%s%s/temb", g, path);
        y = run_resnet(&p, path, want.c, &x, p.part == RS_PART_UNET ? &emb : NULL);
        note(golden_model_compare(m, &y, BLOCK_TOL, "%s%s/out", g, path));
    }
}

/* The first level with attention, and the path of its transformer. */
static int attention_level(const struct golden_model *m, char *path, size_t size)
{
    const rs_unet_config *cfg = rs_bundle_unet(m->bundle);
    int level = 0;
    while (!cfg->down_attn[level])
        level++;
    snprintf(path, size, "down_blocks.%d.attentions.0", level);
    return level;
}

static void check_attention(const struct place *p, const char *block, const char *name,
                            const rs_attention *a, bool cross)
{
    const rs_tensor x = golden_model_read(p->m, "unet/%s.%s/in", block, name);
    rs_tensor y = golden_model_new(p->m, x.n, x.h, x.w, x.c), context;
    rs_kv kv;
    memset(y.data, 0, rs_tensor_count(&y) * sizeof(float)); /* the result is added */
    if (cross) {
        context = golden_model_read(p->m, "unet/%s.%s/context", block, name);
        CHECK_OK(rs_attention_kv(&p->m->ex, a, p->m->arena, &context, &kv, &err));
    }
    CHECK_OK(rs_attention_forward(&p->m->ex, a, &y, &x, cross ? &kv : NULL, false, &err));
    note(golden_model_compare(p->m, &y, BLOCK_TOL, "unet/%s.%s/out", block, name));
}

static void check_feed_forward(const struct place *p, const char *block, const rs_transformer_block *b)
{
    const rs_exec *ex = &p->m->ex;
    const rs_tensor x = golden_model_read(p->m, "unet/%s.ff/in", block);
    rs_tensor gated = golden_model_new(p->m, x.n, x.h, x.w, 4 * x.c);
    rs_tensor y = golden_model_new(p->m, x.n, x.h, x.w, x.c);
    CHECK_OK(rs_linear_geglu(ex, &b->ff_in, &gated, &x, &err));
    CHECK_OK(rs_linear_forward(ex, &b->ff_out, &y, &gated, NULL, &err));
    note(golden_model_compare(p->m, &y, BLOCK_TOL, "unet/%s.ff/out", block));
}

static void transformers(struct golden_model *m)
{
    const struct place p = { .m = m, .part = RS_PART_UNET };
    char path[64], block[128];
    rs_transformer t;
    rs_kv kv;
    const int level = attention_level(m, path, sizeof path);
    snprintf(block, sizeof block, "%s.transformer_blocks.0", path);
    load_transformer(&p, path, level, &t);
    check_attention(&p, block, "attn1", &t.blocks[0].self, false);
    check_attention(&p, block, "attn2", &t.blocks[0].cross, true);
    check_feed_forward(&p, block, &t.blocks[0]);

    rs_tensor x = golden_model_read(m, "unet/%s/in", block);
    rs_tensor context = golden_model_read(m, "unet/%s/context", block);
    CHECK_OK(rs_attention_kv(&m->ex, &t.blocks[0].cross, m->arena, &context, &kv, &err));
    CHECK_OK(rs_transformer_block_forward(&m->ex, &t.blocks[0], &x, &kv, &err));
    note(golden_model_compare(m, &x, BLOCK_TOL, "unet/%s/out", block));

    x = golden_model_read(m, "unet/%s/in", path);
    context = golden_model_read(m, "unet/%s/context", path);
    const rs_tensor y = run_transformer(&p, path, level, &x, &context);
    note(golden_model_compare(m, &y, BLOCK_TOL, "unet/%s/out", path));
}

static void samplers(struct golden_model *m)
{
    static const char *const down_sizes[] = { "6x8", "7x5" }, *const up_sizes[] = { "3x5", "3x5to5x9" };
    const struct place unet = { .m = m, .part = RS_PART_UNET }, vae = { .m = m, .part = RS_PART_VAE };
    const char *path;
    rs_tensor x, y;
    for (int i = 0; i < 2; i++) {
        path = "down_blocks.0.downsamplers.0";
        x = golden_model_read(m, "unet/%s/%s/in", path, down_sizes[i]);
        y = run_down(&unet, path, &x);
        note(golden_model_compare(m, &y, BLOCK_TOL, "unet/%s/%s/out", path, down_sizes[i]));
        path = "encoder.down_blocks.0.downsamplers.0";
        x = golden_model_read(m, "vae/%s/%s/in", path, down_sizes[i]);
        y = run_down(&vae, path, &x);
        note(golden_model_compare(m, &y, BLOCK_TOL, "vae/%s/%s/out", path, down_sizes[i]));
        path = "up_blocks.0.upsamplers.0";
        x = golden_model_read(m, "unet/%s/%s/in", path, up_sizes[i]);
        y = run_up(&unet, path, &x, i ? 5 : 6, i ? 9 : 10);
        note(golden_model_compare(m, &y, BLOCK_TOL, "unet/%s/%s/out", path, up_sizes[i]));
    }
    path = "decoder.up_blocks.0.upsamplers.0";
    x = golden_model_read(m, "vae/%s/in", path);
    y = run_up(&vae, path, &x, 2 * x.h, 2 * x.w);
    note(golden_model_compare(m, &y, BLOCK_TOL, "vae/%s/out", path));
}

static void vae_attention(struct golden_model *m)
{
    const struct place p = { .m = m, .part = RS_PART_VAE };
    const char *path = "encoder.mid_block.attentions.0";
    if (!rs_bundle_vae(m->bundle)->mid_attention)
        return;
    const rs_tensor x = golden_model_read(m, "vae/%s/in", path);
    const rs_tensor y = run_vae_attention(&p, path, &x);
    note(golden_model_compare(m, &y, BLOCK_TOL, "vae/%s/out", path));
}

/* ---- every layer of a whole run ---- */

struct walk {
    struct place p;
    rs_tensor x; /* the reference's, before the next layer */
    const rs_tensor *emb, *context;
    rs_tensor skips[64];
    int n_skips, n_layers;
};

/* Compares the layer's output, and goes on with the reference's. */
static void arrive(struct walk *w, const char *path, const rs_tensor *y)
{
    note(golden_model_compare(w->p.m, y, BLOCK_TOL, "%s%s", w->p.golden, path));
    w->x = golden_model_read(w->p.m, "%s%s", w->p.golden, path);
    w->n_layers++;
}

static void walk_conv_in(struct walk *w, const char *path)
{
    const rs_scope s = scope_of(&w->p, "");
    const rs_tensor want = golden_model_read(w->p.m, "%s%s", w->p.golden, path);
    rs_conv conv;
    rs_tensor y = golden_model_new(w->p.m, w->x.n, w->x.h, w->x.w, want.c);
    CHECK_OK(rs_conv_load(&s, path, w->x.c, want.c, 3, 1, 1, &conv, &err));
    CHECK_OK(rs_conv_forward(&w->p.m->ex, &conv, &y, &w->x, NULL, &err));
    arrive(w, path, &y);
}

static void walk_norm_out(struct walk *w, const char *path)
{
    const rs_scope s = scope_of(&w->p, "");
    rs_norm norm;
    rs_tensor y = golden_model_new(w->p.m, w->x.n, w->x.h, w->x.w, w->x.c);
    CHECK_OK(rs_norm_load(&s, path, w->x.c, norm_groups(&w->p), norm_eps(&w->p), &norm, &err));
    CHECK_OK(rs_norm_forward(&w->p.m->ex, &norm, &y, &w->x, false, &err));
    arrive(w, path, &y);
}

static void walk_resnet(struct walk *w, const char *block, int i)
{
    char path[128];
    snprintf(path, sizeof path, "%s.resnets.%d", block, i);
    const int c_out = golden_model_read(w->p.m, "%s%s", w->p.golden, path).c;
    const rs_tensor y = run_resnet(&w->p, path, c_out, &w->x, w->emb);
    arrive(w, path, &y);
}

/* The attention i of a block, if it has one. */
static void walk_attention(struct walk *w, const char *block, int i, int level)
{
    char path[128];
    snprintf(path, sizeof path, "%s.attentions.%d", block, i);
    if (!golden_model_has(w->p.m, "%s%s", w->p.golden, path))
        return;
    const rs_tensor y = w->p.part == RS_PART_UNET ? run_transformer(&w->p, path, level, &w->x, w->context)
                                                  : run_vae_attention(&w->p, path, &w->x);
    arrive(w, path, &y);
}

static bool walk_down(struct walk *w, const char *block)
{
    char path[128];
    snprintf(path, sizeof path, "%s.downsamplers.0", block);
    if (!golden_model_has(w->p.m, "%s%s", w->p.golden, path))
        return false;
    const rs_tensor y = run_down(&w->p, path, &w->x);
    arrive(w, path, &y);
    return true;
}

static void walk_up(struct walk *w, const char *block)
{
    char path[128];
    snprintf(path, sizeof path, "%s.upsamplers.0", block);
    if (!golden_model_has(w->p.m, "%s%s", w->p.golden, path))
        return;
    const rs_tensor y = run_up(&w->p, path, &w->x, 2 * w->x.h, 2 * w->x.w);
    arrive(w, path, &y);
}

static void walk_mid(struct walk *w, const char *block, int level)
{
    walk_resnet(w, block, 0);
    walk_attention(w, block, 0, level);
    walk_resnet(w, block, 1);
}

static void join_skip(struct walk *w)
{
    const rs_tensor *skip = &w->skips[--w->n_skips];
    rs_tensor both = golden_model_new(w->p.m, w->x.n, w->x.h, w->x.w, w->x.c + skip->c);
    rs_op_concat(&w->p.m->ex, &both, &w->x, skip);
    w->x = both;
}

static void unet_layers(struct golden_model *m)
{
    const rs_unet_config *cfg = rs_bundle_unet(m->bundle);
    struct walk w = { .p = { .m = m, .part = RS_PART_UNET, .golden = "a/" } };
    const rs_tensor emb = golden_model_read(m, "a/time_embedding");
    const rs_tensor context = golden_model_read(m, "a/context");
    char block[32];
    w.emb = &emb;
    w.context = &context;
    w.x = golden_model_read(m, "a/in");
    walk_conv_in(&w, "conv_in");
    w.skips[w.n_skips++] = w.x;
    for (int i = 0; i < cfg->n_levels; i++) {
        snprintf(block, sizeof block, "down_blocks.%d", i);
        for (int k = 0; k < cfg->layers_per_block[i]; k++) {
            walk_resnet(&w, block, k);
            walk_attention(&w, block, k, i);
            w.skips[w.n_skips++] = w.x;
        }
        if (walk_down(&w, block))
            w.skips[w.n_skips++] = w.x;
    }
    walk_mid(&w, "mid_block", cfg->n_levels - 1);
    for (int i = 0; i < cfg->n_levels; i++) {
        const int level = cfg->n_levels - 1 - i;
        snprintf(block, sizeof block, "up_blocks.%d", i);
        for (int k = 0; k <= cfg->layers_per_block[level]; k++) {
            join_skip(&w);
            walk_resnet(&w, block, k);
            walk_attention(&w, block, k, level);
        }
        walk_up(&w, block);
    }
    walk_norm_out(&w, "conv_norm_out");
    CHECK_INT(w.n_skips, 0);
    CHECK(w.n_layers > 15);
}

static void vae_layers(struct golden_model *m)
{
    const rs_vae_config *cfg = rs_bundle_vae(m->bundle);
    struct walk w = { .p = { .m = m, .part = RS_PART_VAE, .golden = "vae/encode/a/" } };
    char block[32];
    w.x = golden_model_read(m, "vae/encode/a/in");
    walk_conv_in(&w, "encoder.conv_in");
    for (int i = 0; i < cfg->n_levels; i++) {
        snprintf(block, sizeof block, "encoder.down_blocks.%d", i);
        for (int k = 0; k < cfg->layers_per_block; k++)
            walk_resnet(&w, block, k);
        walk_down(&w, block);
    }
    walk_mid(&w, "encoder.mid_block", 0);
    walk_norm_out(&w, "encoder.conv_norm_out");

    snprintf(w.p.golden, sizeof w.p.golden, "vae/decode/a/");
    w.x = golden_model_read(m, "vae/decode/a/decoder.conv_in");
    walk_mid(&w, "decoder.mid_block", 0);
    for (int i = 0; i < cfg->n_levels; i++) {
        snprintf(block, sizeof block, "decoder.up_blocks.%d", i);
        for (int k = 0; k <= cfg->layers_per_block; k++)
            walk_resnet(&w, block, k);
        walk_up(&w, block);
    }
    walk_norm_out(&w, "decoder.conv_norm_out");
    CHECK(w.n_layers > 12);
}

int main(void)
{
    static const char *const models[] = { "tiny", "tiny2" };
    for (int i = 0; i < 2; i++) {
        struct golden_model m;
        golden_model_open(&m, models[i], "blocks.safetensors", 2);
        worst = 0;
        resnets(&m);
        transformers(&m);
        samplers(&m);
        vae_attention(&m);
        vae_layers(&m);
        golden_model_close(&m);
        golden_model_open(&m, models[i], "unet.safetensors", 2);
        unet_layers(&m);
        golden_model_close(&m);
        printf("%s: largest relative error %.2g\n", models[i], worst);
    }
    return 0;
}
