/* The whole autoencoder against diffusers, both directions. When this fails,
 * t_layers says which layer. */
#include "model/vae.h"
#include "tests/lib/golden_model.h"

static rs_err err;

/* In bfloat16 both sides of a product are off by up to 2^-9, and random networks of 6 to
 * 18 channels pass most of it on. Measured: 0.0055. */
#define BF16_TOL 0.01

static double encode(struct golden_model *m, const rs_vae *v, double tolerance, const char *tag)
{
    const int f = rs_vae_factor(v), z = rs_bundle_vae(m->bundle)->latent_channels;
    const rs_tensor x = golden_model_read(m, "vae/encode/%s/in", tag);
    rs_tensor mean = golden_model_new(m, x.n, x.h / f, x.w / f, z), again = mean;
    rs_tensor logvar = golden_model_new(m, x.n, x.h / f, x.w / f, z);
    CHECK_OK(rs_vae_encode(&m->ex, v, &x, &mean, NULL, &err));
    const double e = golden_model_compare(m, &mean, tolerance, "vae/encode/%s/out", tag);
    again = golden_model_new(m, x.n, x.h / f, x.w / f, z);
    CHECK_OK(rs_vae_encode(&m->ex, v, &x, &again, &logvar, &err));
    CHECK(!memcmp(mean.data, again.data, rs_tensor_count(&mean) * sizeof(float)));
    const double l = golden_model_compare(m, &logvar, tolerance, "vae/encode/%s/logvar", tag);
    printf("%s encode %s: relative error %.2g, logarithm of the variance %.2g\n", m->name, tag, e, l);
    return e;
}

static double decode(struct golden_model *m, const rs_vae *v, double tolerance, const char *tag)
{
    const int f = rs_vae_factor(v);
    const rs_tensor z = golden_model_read(m, "vae/decode/%s/in", tag);
    rs_tensor y = golden_model_new(m, z.n, z.h * f, z.w * f, 3);
    CHECK_OK(rs_vae_decode(&m->ex, v, &z, &y, &err));
    const double e = golden_model_compare(m, &y, tolerance, "vae/decode/%s/out", tag);
    printf("%s decode %s: relative error %.2g\n", m->name, tag, e);
    return e;
}

/* kern: NULL, or the kernels of fast. */
static void whole(const char *name, int factor, const rs_kern *kern)
{
    const double tolerance = kern ? BF16_TOL : WHOLE_TOL;
    struct golden_model m;
    rs_vae *v;
    golden_model_open(&m, name, "blocks.safetensors", 2);
    if (kern)
        m.ex.kern = kern;
    CHECK_OK(rs_vae_load(&m.ex, m.arena, m.bundle, kern != NULL, &v, &err));
    CHECK_INT(rs_vae_factor(v), factor);
    for (int k = 0; k < 2; k++) {
        const double e = encode(&m, v, tolerance, k ? "b" : "a");
        const double d = decode(&m, v, tolerance, k ? "b" : "a");
        CHECK(!kern || (e > 100 * WHOLE_TOL && d > 100 * WHOLE_TOL));
    }
    CHECK_INT(rs_arena_used(m.ex.scratch), 0);
    golden_model_close(&m);
}

int main(void)
{
    rs_kern bf16 = *rs_kern_active(); /* its products by the reference, if need be */
    bf16.bf16_kr = 2;
    whole("tiny", 2, NULL);
    whole("tiny2", 4, NULL);
    puts("fast, with bfloat16:");
    whole("tiny", 2, &bf16);
    whole("tiny2", 4, &bf16);
    return 0;
}
