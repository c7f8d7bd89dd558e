/* Whole predictions of the UNet against diffusers: batches, sizes that do not
 * halve evenly, fractional timesteps; with every kernel tier of this machine,
 * and with the same bytes for any number of threads. When this fails, t_layers
 * says which layer. */
#include "model/unet.h"
#include "tests/lib/golden_model.h"

/* In 8 bits both sides of a product are off by half a percent or so, 0.9 % together
 * (t_i8); random networks of 8 to 32 channels pass most of it on. Measured: 0.04. */
#define FAST_TOL 0.06

static rs_err err;

static rs_tensor predict(struct golden_model *m, const rs_unet *u, const char *tag)
{
    rs_unet_context context;
    const rs_tensor x = golden_model_read(m, "%s/in", tag), ctx = golden_model_read(m, "%s/context", tag);
    const float t = golden_model_read(m, "%s/timestep", tag).data[0];
    rs_tensor y = golden_model_new(m, x.n, x.h, x.w, rs_bundle_unet(m->bundle)->out_channels);
    CHECK_OK(rs_unet_context_make(&m->ex, u, m->arena, &ctx, &context, &err));
    CHECK_INT(context.n, x.n);
    CHECK_OK(rs_unet_forward(&m->ex, u, &y, &x, t, &context, &err));
    return y;
}

static void cases(struct golden_model *m, const rs_unet *u)
{
    static const char *const tags[] = { "a", "b", "c", "d", "e" };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const rs_tensor y = predict(m, u, tags[i]);
        const double e = golden_model_compare(m, &y, WHOLE_TOL, "%s/out", tags[i]);
        printf("%s/%s: relative error %.2g\n", m->name, tags[i], e);
        CHECK_INT(rs_arena_used(m->ex.scratch), 0);
    }
}

static void every_tier(const char *name)
{
    for (rs_cpu_tier tier = RS_CPU_SCALAR; tier <= rs_cpu_active(); tier++) {
        struct golden_model m;
        rs_unet *u;
        if (!rs_cpu_has(tier))
            continue;
        golden_model_open(&m, name, "unet.safetensors", 2);
        m.ex.kern = rs_kern_get(tier);
        printf("%s:\n", rs_cpu_tier_name(tier));
        CHECK_OK(rs_unet_load(&m.ex, m.arena, m.bundle, false, &u, &err));
        cases(&m, u);
        golden_model_close(&m);
    }
}

/* In 8 bits: near the reference, the same bytes for any number of threads, and not what
 * floats give. The scalar tier takes 3x3 convolutions along, as those with dot products
 * of bytes do; avx2 leaves them to Winograd. */
static void fast_with(const char *name, const rs_kern *kern, const char *label)
{
    static const char *const tags[] = { "a", "b", "c", "d", "e" };
    struct golden_model m[2];
    rs_unet *u[2];
    double worst = 0;
    for (int i = 0; i < 2; i++) {
        golden_model_open(&m[i], name, "unet.safetensors", i + 1);
        m[i].ex.kern = kern;
        CHECK_OK(rs_unet_load(&m[i].ex, m[i].arena, m[i].bundle, true, &u[i], &err));
    }
    for (size_t t = 0; t < sizeof tags / sizeof tags[0]; t++) {
        const rs_tensor y = predict(&m[0], u[0], tags[t]), again = predict(&m[1], u[1], tags[t]);
        CHECK(!memcmp(y.data, again.data, rs_tensor_count(&y) * sizeof(float)));
        const double e = golden_model_compare(&m[0], &y, FAST_TOL, "%s/out", tags[t]);
        printf("%s/%s, fast, %s: relative error %.3g\n", name, tags[t], label, e);
        worst = e > worst ? e : worst;
        CHECK_INT(rs_arena_used(m[0].ex.scratch), 0);
    }
    CHECK(worst > 100 * WHOLE_TOL);
    for (int i = 0; i < 2; i++)
        golden_model_close(&m[i]);
}

/* And what a processor with dot products of bfloat16 makes of it: its bytes and its
 * bfloat16 are those of the reference. */
static void fast(const char *name)
{
    for (rs_cpu_tier tier = RS_CPU_SCALAR; tier <= rs_cpu_active(); tier++)
        if (rs_cpu_has(tier))
            fast_with(name, rs_kern_get(tier), rs_cpu_tier_name(tier));
    rs_kern bf16 = *rs_kern_get(RS_CPU_SCALAR);
    bf16.bf16_kr = 2;
    fast_with(name, &bf16, "bfloat16 by the reference");
}

/* 1, 2 or 3 threads: the same bytes. */
static void repeatable(const char *name)
{
    struct golden_model m[3];
    rs_tensor y[3];
    for (int i = 0; i < 3; i++) {
        rs_unet *u;
        golden_model_open(&m[i], name, "unet.safetensors", i + 1);
        CHECK_OK(rs_unet_load(&m[i].ex, m[i].arena, m[i].bundle, false, &u, &err));
        y[i] = predict(&m[i], u, "b");
        CHECK(!memcmp(y[0].data, y[i].data, rs_tensor_count(&y[0]) * sizeof(float)));
    }
    for (int i = 0; i < 3; i++)
        golden_model_close(&m[i]);
}

int main(void)
{
    static const char *const models[] = { "tiny", "tiny2" };
    for (int i = 0; i < 2; i++) {
        every_tier(models[i]);
        repeatable(models[i]);
        fast(models[i]);
    }
    return 0;
}
