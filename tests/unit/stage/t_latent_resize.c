/* The latent upscale against torch's interpolate: float32 both, so what differs is
 * the order in which four products are added. */
#include "stage/latent_resize.h"
#include "tests/lib/golden_model.h"

static rs_err err;

static rs_tensor channels_last(const struct golden *g, const char *name)
{
    const rs_wtensor *t = golden_find(g, name);
    rs_tensor x;
    size_t n;
    const float *planar = golden_f32(g, name, &n);
    CHECK_OK(rs_tensor_alloc(g->arena, 1, (int)t->shape[2], (int)t->shape[3], (int)t->shape[1], &x, &err));
    rs_tensor_from_planar(&x, planar);
    return x;
}

int main(void)
{
    static const char *const sizes[] = { "9x7", "18x14", "5x11", "1x1", "3x20" };
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/inpaint.safetensors");
    const rs_tensor in = channels_last(&g, "latent_resize/in");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        rs_tensor got;
        snprintf(name, sizeof name, "latent_resize/%s", sizes[i]);
        const rs_tensor want = channels_last(&g, name);
        CHECK_OK(rs_tensor_alloc(g.arena, 1, want.h, want.w, want.c, &got, &err));
        rs_latent_resize(&got, &in);
        const double e = golden_error(got.data, want.data, rs_tensor_count(&want));
        printf("%s: %.2g\n", sizes[i], e);
        CHECK(e < 1e-6); /* four products and their sum */
    }
    golden_close(&g);
    return 0;
}
