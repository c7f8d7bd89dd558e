/* The whole autoencoder against diffusers, both directions. When this fails,
 * t_layers says which layer. */
#include "model/vae.h"
#include "tests/lib/golden_model.h"

static rs_err err;

static void encode(struct golden_model *m, const rs_vae *v, const char *tag)
{
    const int f = rs_vae_factor(v), z = rs_bundle_vae(m->bundle)->latent_channels;
    const rs_tensor x = golden_model_read(m, "vae/encode/%s/in", tag);
    rs_tensor mean = golden_model_new(m, x.n, x.h / f, x.w / f, z), again = mean;
    rs_tensor logvar = golden_model_new(m, x.n, x.h / f, x.w / f, z);
    CHECK_OK(rs_vae_encode(&m->ex, v, &x, &mean, NULL, &err));
    const double e = golden_model_compare(m, &mean, WHOLE_TOL, "vae/encode/%s/out", tag);
    again = golden_model_new(m, x.n, x.h / f, x.w / f, z);
    CHECK_OK(rs_vae_encode(&m->ex, v, &x, &again, &logvar, &err));
    CHECK(!memcmp(mean.data, again.data, rs_tensor_count(&mean) * sizeof(float)));
    const double l = golden_model_compare(m, &logvar, WHOLE_TOL, "vae/encode/%s/logvar", tag);
    printf("%s encode %s: relative error %.2g, logarithm of the variance %.2g\n", m->name, tag, e, l);
}

static void decode(struct golden_model *m, const rs_vae *v, const char *tag)
{
    const int f = rs_vae_factor(v);
    const rs_tensor z = golden_model_read(m, "vae/decode/%s/in", tag);
    rs_tensor y = golden_model_new(m, z.n, z.h * f, z.w * f, 3);
    CHECK_OK(rs_vae_decode(&m->ex, v, &z, &y, &err));
    const double e = golden_model_compare(m, &y, WHOLE_TOL, "vae/decode/%s/out", tag);
    printf("%s decode %s: relative error %.2g\n", m->name, tag, e);
}

int main(void)
{
    static const struct {
        const char *name;
        int factor;
    } models[] = { { "tiny", 2 }, { "tiny2", 4 } };
    for (size_t i = 0; i < 2; i++) {
        struct golden_model m;
        rs_vae *v;
        golden_model_open(&m, models[i].name, "blocks.safetensors", 2);
        CHECK_OK(rs_vae_load(&m.ex, m.arena, m.bundle, &v, &err));
        CHECK_INT(rs_vae_factor(v), models[i].factor);
        for (int k = 0; k < 2; k++) {
            encode(&m, v, k ? "b" : "a");
            decode(&m, v, k ? "b" : "a");
        }
        CHECK_INT(rs_arena_used(m.ex.scratch), 0);
        golden_model_close(&m);
    }
    return 0;
}
