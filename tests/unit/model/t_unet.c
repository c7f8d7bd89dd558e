/* Whole predictions of the UNet against diffusers: batches, sizes that do not
 * halve evenly, fractional timesteps; with every kernel tier of this machine,
 * and with the same bytes for any number of threads. When this fails, t_layers
 * says which layer. */
#include "model/unet.h"
#include "tests/lib/golden_model.h"

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
    }
    return 0;
}
