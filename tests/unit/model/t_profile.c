/* What the profiler counts, against a count of our own from the list of tensors
 * and the size of the picture: for small models that are run, operation by kind;
 * for Stable Diffusion 1.5 at 512x512 the count itself against the known numbers. */
#include "model/clip_text.h"
#include "model/unet.h"
#include "model/vae.h"
#include "tests/lib/golden_model.h"
#include "weights/archs.h"
#include "weights/part_tensors.h"

static rs_err err;

enum kind { CONV3, CONV1, LINEAR, ATTENTION, KINDS };

/* Products of one pass; h, w: of the latent. */
struct counts {
    double flop[KINDS];
    int n, h, w, tokens, levels;
    bool vae_encoder;
    bool every_step; /* cross attention's keys and values are made anew, as others do */
};

static bool has(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static bool ends(const char *name, const char *end)
{
    const size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

/* The level whose resolution a layer's output has. */
static int level_of(const struct counts *c, const char *name)
{
    const int last = c->levels - 1;
    const char *down = strstr(name, "down_blocks."), *up = strstr(name, "up_blocks.");
    if (down)
        return down[strlen("down_blocks.")] - '0' + has(name, "downsamplers");
    if (up)
        return last - (up[strlen("up_blocks.")] - '0') - has(name, "upsamplers");
    return has(name, "mid_block") ? last : -1;
}

/* As often as the size is halved; a convolution of stride 2 rounds up. */
static double pixels(const struct counts *c, int level)
{
    int h = c->h, w = c->w;
    for (; level > 0; level--) {
        h = (h + 1) / 2;
        w = (w + 1) / 2;
    }
    return (double)h * w;
}

static void product(struct counts *c, const char *name, double rows, int rank, const int64_t *shape)
{
    const int64_t taps = rank == 4 ? shape[2] * shape[3] : 1;
    const enum kind kind = taps > 1 ? CONV3 : rank == 4 ? CONV1 : LINEAR;
    c->flop[kind] += 2 * rows * (double)(shape[0] * shape[1] * taps);
    if (has(name, "attn1.to_q") || has(name, "attentions.0.to_q") || has(name, "self_attn.q_proj"))
        c->flop[ATTENTION] += 4 * rows * (rows / c->n) * (double)shape[0];
    if (has(name, "attn2.to_q"))
        c->flop[ATTENTION] += 4 * rows * c->tokens * (double)shape[0];
}

static void unet_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct counts *c = cookie;
    const bool kv = has(name, "attn2.to_k") || has(name, "attn2.to_v"); /* once a prompt */
    if (rank < 2 || (kv && !c->every_step))
        return;
    const int level = level_of(c, name);
    const bool time = has(name, "time_emb"); /* one vector for the whole batch */
    const double rows = time ? 1 : c->n * (kv ? c->tokens : pixels(c, level < 0 ? 0 : level));
    product(c, name, rows, rank, shape);
}

static void vae_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct counts *c = cookie;
    const bool quant = ends(name, "quant_conv.weight");
    const bool encoder = has(name, "encoder.") || strncmp(name, "quant", 5) == 0;
    if (rank < 2 || encoder != c->vae_encoder)
        return;
    int level = level_of(c, name);
    if (level < 0) /* conv_in and conv_out are at either end */
        level = quant || encoder == has(name, "conv_out") ? c->levels - 1 : 0;
    product(c, name, c->n * pixels(c, level), rank, shape);
}

static void text_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct counts *c = cookie;
    if (rank == 2 && !has(name, "embeddings"))
        product(c, name, (double)c->n * c->tokens, rank, shape);
}

static void take(void *cookie, const rs_prof_event *e)
{
    static const enum kind kinds[RS_PROF_KINDS] = {
        [RS_PROF_WINOGRAD] = CONV3, [RS_PROF_PATCHES] = CONV3, [RS_PROF_CONV1] = CONV1,
        [RS_PROF_LINEAR] = LINEAR, [RS_PROF_SELF_ATTENTION] = ATTENTION,
        [RS_PROF_CROSS_ATTENTION] = ATTENTION,
    };
    struct counts *c = cookie;
    CHECK(e->label && e->label[0] && e->seconds >= 0 && e->bytes > 0);
    CHECK((e->flops > 0) == (e->kind <= RS_PROF_CROSS_ATTENTION));
    if (e->flops > 0)
        c->flop[kinds[e->kind]] += e->flops;
}

/* Whole numbers below 2^53: exact in any order. */
static void compare(rs_prof *prof, const struct counts *want)
{
    struct counts got = { 0 };
    rs_prof_each(prof, take, &got);
    for (int k = 0; k < KINDS; k++)
        CHECK_NEAR(got.flop[k], want->flop[k], 0);
    CHECK(got.flop[CONV3] + got.flop[LINEAR] > 0);
    rs_prof_clear(prof);
}

static void run_unet(struct golden_model *m, int n, int h, int w)
{
    const rs_unet_config *cfg = rs_bundle_unet(m->bundle);
    struct counts want = { .n = n, .h = h, .w = w, .tokens = 7, .levels = cfg->n_levels };
    rs_unet *u;
    rs_unet_context context;
    CHECK_OK(rs_unet_load(&m->ex, m->arena, m->bundle, false, &u, &err));
    const rs_tensor text = golden_model_new(m, n, 1, want.tokens, cfg->context_dim);
    const rs_tensor x = golden_model_new(m, n, h, w, cfg->in_channels);
    memset(text.data, 0, rs_tensor_count(&text) * sizeof(float));
    memset(x.data, 0, rs_tensor_count(&x) * sizeof(float));
    CHECK_OK(rs_unet_context_make(&m->ex, u, m->arena, &text, &context, &err));
    rs_prof_clear(m->ex.prof);
    CHECK_OK(rs_unet_forward(&m->ex, u, &x, &x, 10, &context, &err));
    rs_unet_tensors(cfg, unet_tensor, &want);
    compare(m->ex.prof, &want);
}

static void run_vae(struct golden_model *m)
{
    const rs_vae_config *cfg = rs_bundle_vae(m->bundle);
    struct counts want = { .n = 1, .levels = cfg->n_levels, .vae_encoder = true };
    rs_vae *v;
    CHECK_OK(rs_vae_load(&m->ex, m->arena, m->bundle, false, &v, &err));
    const int f = rs_vae_factor(v);
    want.h = 3 * f;
    want.w = 5 * f;
    const rs_tensor picture = golden_model_new(m, 1, want.h, want.w, cfg->in_channels);
    const rs_tensor latent = golden_model_new(m, 1, 3, 5, cfg->latent_channels);
    memset(picture.data, 0, rs_tensor_count(&picture) * sizeof(float));
    CHECK_OK(rs_vae_encode(&m->ex, v, &picture, &latent, NULL, &err));
    rs_vae_tensors(cfg, vae_tensor, &want);
    compare(m->ex.prof, &want);
    CHECK_OK(rs_vae_decode(&m->ex, v, &latent, &picture, &err));
    want.vae_encoder = false;
    memset(want.flop, 0, sizeof(want.flop));
    rs_vae_tensors(cfg, vae_tensor, &want);
    compare(m->ex.prof, &want);
}

static void run_text(struct golden_model *m)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    struct counts want = { .n = 2, .tokens = cfg->max_tokens };
    const int ids[256] = { 0 };
    rs_clip_text *t;
    CHECK(2 * cfg->max_tokens <= 256);
    CHECK_OK(rs_clip_text_load(&m->ex, m->arena, m->bundle, &t, &err));
    const rs_tensor y = golden_model_new(m, 2, 1, cfg->max_tokens, cfg->width);
    CHECK_OK(rs_clip_text_forward(&m->ex, t, ids, &y, &err));
    rs_text_tensors(cfg, text_tensor, &want);
    compare(m->ex.prof, &want);
}

static void small_models(void)
{
    static const char *const names[] = { "tiny", "tiny2" };
    for (int i = 0; i < 2; i++) {
        struct golden_model m;
        golden_model_open(&m, names[i], "unet.safetensors", 2);
        CHECK_OK(rs_prof_open(&m.ex.prof, &err));
        run_unet(&m, 1, 16, 16);
        run_unet(&m, 2, 9, 7);
        run_vae(&m);
        run_text(&m);
        rs_prof_close(&m.ex.prof);
        golden_model_close(&m);
    }
}

/* One pass at 512x512: 803 GFLOP, as counted by others; a decode about 2,500. */
static void full_size(void)
{
    const rs_arch *a = rs_arch_find("sd15");
    struct counts c = { .n = 1, .h = 64, .w = 64, .tokens = 77, .levels = a->unet.n_levels,
                        .every_step = true };
    rs_unet_tensors(&a->unet, unet_tensor, &c);
    CHECK_NEAR(c.flop[CONV3] * 1e-9, 400, 4);
    CHECK_NEAR(c.flop[LINEAR] * 1e-9, 233, 2.33);
    CHECK_NEAR(c.flop[ATTENTION] * 1e-9, 126, 1.26);
    CHECK_NEAR(c.flop[CONV1] * 1e-9, 44, 0.44);
    CHECK_NEAR((c.flop[CONV3] + c.flop[LINEAR] + c.flop[ATTENTION] + c.flop[CONV1]) * 1e-9, 803, 4);
    struct counts d = { .n = 1, .h = 512, .w = 512, .levels = a->vae.n_levels };
    rs_vae_tensors(&a->vae, vae_tensor, &d);
    CHECK_NEAR((d.flop[CONV3] + d.flop[CONV1] + d.flop[LINEAR] + d.flop[ATTENTION]) * 1e-9, 2500, 50);
}

int main(void)
{
    TEST_RUN(small_models);
    TEST_RUN(full_size);
    return 0;
}
