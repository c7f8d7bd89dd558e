/* Tiling: UNet and autoencoder with convolutions that wrap around, against diffusers'
 * modules with padding_mode 'circular'; Winograd, patches and bytes. */
#include "model/unet.h"
#include "model/vae.h"
#include "tests/lib/golden_model.h"

/* As t_unet's: what 8 bits are off. */
#define FAST_TOL 0.06

static rs_err err;

static rs_tensor predict(struct golden_model *m, const rs_unet *u, const char *tag)
{
    rs_unet_context context;
    const rs_tensor x = golden_model_read(m, "unet/%s/in", tag);
    const rs_tensor ctx = golden_model_read(m, "unet/%s/context", tag);
    const float t = golden_model_read(m, "unet/%s/timestep", tag).data[0];
    rs_tensor y = golden_model_new(m, x.n, x.h, x.w, rs_bundle_unet(m->bundle)->out_channels);
    CHECK_OK(rs_unet_context_make(&m->ex, u, m->arena, &ctx, &context, &err));
    CHECK_OK(rs_unet_forward(&m->ex, u, &y, &x, t, &context, &err));
    return y;
}

/* Without wrap the result must be another one, or the test would prove nothing. Case c,
 * 2x2 pixels, has too few for the errors of 8 bits to even out. */
static void unet(struct golden_model *m, bool fast)
{
    static const char *const tags[] = { "a", "b", "c" };
    rs_unet *u;
    CHECK_OK(rs_unet_load(&m->ex, m->arena, m->bundle, fast, &u, &err));
    for (size_t i = 0; i < (fast ? 2 : 3); i++) {
        m->ex.wrap = true;
        const rs_tensor y = predict(m, u, tags[i]);
        const double e = golden_model_compare(m, &y, fast ? FAST_TOL : WHOLE_TOL, "unet/%s/out", tags[i]);
        m->ex.wrap = false;
        const rs_tensor plain = predict(m, u, tags[i]);
        CHECK(golden_error(plain.data, y.data, rs_tensor_count(&y)) > 0.1);
        printf("%s/unet/%s%s: relative error %.2g\n", m->name, tags[i], fast ? ", fast" : "", e);
    }
    CHECK_INT(rs_arena_used(m->ex.scratch), 0);
}

static void vae(struct golden_model *m)
{
    rs_vae *v;
    CHECK_OK(rs_vae_load(&m->ex, m->arena, m->bundle, false, &v, &err));
    const int f = rs_vae_factor(v), z = rs_bundle_vae(m->bundle)->latent_channels;
    const rs_tensor x = golden_model_read(m, "vae/encode/in"), in = golden_model_read(m, "vae/decode/in");
    rs_tensor mean = golden_model_new(m, x.n, x.h / f, x.w / f, z);
    rs_tensor y = golden_model_new(m, in.n, in.h * f, in.w * f, 3);
    m->ex.wrap = true;
    CHECK_OK(rs_vae_encode(&m->ex, v, &x, &mean, NULL, &err));
    CHECK_OK(rs_vae_decode(&m->ex, v, &in, &y, &err));
    const double e = golden_model_compare(m, &mean, WHOLE_TOL, "vae/encode/out");
    const double d = golden_model_compare(m, &y, WHOLE_TOL, "vae/decode/out");
    printf("%s/vae: relative error of encoding %.2g, of decoding %.2g\n", m->name, e, d);
}

/* The scalar tier multiplies bytes for 3x3 convolutions too. */
static void every_tier(const char *name)
{
    for (rs_cpu_tier tier = RS_CPU_SCALAR; tier <= rs_cpu_active(); tier++) {
        struct golden_model m;
        if (!rs_cpu_has(tier))
            continue;
        golden_model_open(&m, name, "tiling.safetensors", 2);
        m.ex.kern = rs_kern_get(tier);
        printf("%s:\n", rs_cpu_tier_name(tier));
        unet(&m, false);
        unet(&m, true);
        vae(&m);
        golden_model_close(&m);
    }
}

int main(void)
{
    every_tier("tiny");
    every_tier("tiny2");
    return 0;
}
