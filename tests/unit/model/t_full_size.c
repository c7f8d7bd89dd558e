/* The full size of SD 1.5 against diffusers: text encoder, one UNet pass over a
 * batch of two, autoencoder. The data (2.5 GB) is made by
 * tools/reference/full_size.py and named by RS_FULL_SIZE; without it the test is
 * skipped. Tolerance 1e-4, that of a whole run, for both sides round: diffusers
 * ran in float32 as well. */
#include "model/clip_text.h"
#include "model/unet.h"
#include "model/vae.h"
#include "tensor/gemm.h"
#include "tests/lib/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TOL 1e-4

struct env {
    rs_exec ex;
    rs_arena *arena;
    rs_bundle *bundle;
    struct golden golden;
};

static rs_err err;

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static rs_tensor planar(struct env *e, const char *name, int n, int c, int h, int w)
{
    rs_tensor t;
    size_t count;
    const float *v = golden_f32(&e->golden, name, &count);
    CHECK_OK(rs_tensor_alloc(e->arena, n, h, w, c, &t, &err));
    CHECK_INT(count, rs_tensor_count(&t));
    rs_tensor_from_planar(&t, v);
    return t;
}

static void compare(struct env *e, const char *name, const rs_tensor *got, double since)
{
    size_t count;
    const float *want = golden_f32(&e->golden, name, &count);
    CHECK_INT(count, rs_tensor_count(got));
    float *p = rs_arena_alloc(e->arena, count * sizeof(float));
    CHECK(p);
    rs_tensor_to_planar(p, got);
    double d = 0, s = 0;
    for (size_t i = 0; i < count; i++) {
        d += ((double)p[i] - (double)want[i]) * ((double)p[i] - (double)want[i]);
        s += (double)want[i] * (double)want[i];
    }
    printf("%s: relative error %.3g, %.2f s\n", name, sqrt(d / s), now() - since);
    CHECK_NEAR(sqrt(d / s), 0, TOL);
}

static rs_tensor text(struct env *e)
{
    size_t count;
    const float *f = golden_f32(&e->golden, "text/ids", &count);
    int *ids = rs_arena_alloc(e->arena, count * sizeof(int));
    rs_clip_text *t;
    rs_tensor out;
    CHECK(ids && count == 2 * 77);
    for (size_t i = 0; i < count; i++)
        ids[i] = (int)f[i];
    CHECK_OK(rs_clip_text_load(&e->ex, e->arena, e->bundle, &t, &err));
    CHECK_OK(rs_tensor_alloc(e->arena, 2, 1, 77, 768, &out, &err));
    const double start = now();
    CHECK_OK(rs_clip_text_forward(&e->ex, t, ids, &out, &err));
    rs_tensor flat = out; /* the file has [n, tokens, c], which is our own order */
    flat.c = 1;
    flat.w = 77 * 768;
    compare(e, "text/out", &flat, start);
    return out;
}

static void unet(struct env *e, const rs_tensor *context)
{
    rs_unet *u;
    rs_unet_context kv;
    rs_tensor out;
    double start = now();
    CHECK_OK(rs_unet_load(&e->ex, e->arena, e->bundle, false, &u, &err));
    printf("unet loaded in %.2f s, %.0f MB\n", now() - start, (double)rs_arena_used(e->arena) / 1e6);
    const rs_tensor x = planar(e, "unet/in", 2, 4, 64, 64);
    CHECK_OK(rs_tensor_alloc(e->arena, 2, 64, 64, 4, &out, &err));
    CHECK_OK(rs_unet_context_make(&e->ex, u, e->arena, context, &kv, &err));
    for (int pass = 0; pass < 2; pass++) { /* the second one allocates nothing */
        start = now();
        CHECK_OK(rs_unet_forward(&e->ex, u, &out, &x, 523.25f, &kv, &err));
        compare(e, "unet/out", &out, start);
    }
}

static void vae(struct env *e)
{
    rs_vae *v;
    rs_tensor mean, picture;
    CHECK_OK(rs_vae_load(&e->ex, e->arena, e->bundle, false, &v, &err));
    CHECK_OK(rs_tensor_alloc(e->arena, 1, 32, 32, 4, &mean, &err));
    CHECK_OK(rs_tensor_alloc(e->arena, 1, 256, 256, 3, &picture, &err));
    const rs_tensor in = planar(e, "vae/picture", 1, 3, 256, 256);
    const rs_tensor latent = planar(e, "vae/latent", 1, 4, 32, 32);
    double start = now();
    CHECK_OK(rs_vae_encode(&e->ex, v, &in, &mean, NULL, &err));
    compare(e, "vae/mean", &mean, start);
    start = now();
    CHECK_OK(rs_vae_decode(&e->ex, v, &latent, &picture, &err));
    compare(e, "vae/out", &picture, start);
}

int main(void)
{
    const char *dir = getenv("RS_FULL_SIZE");
    if (!dir) {
        puts("RS_FULL_SIZE is not set; tools/reference/full_size.py makes the data");
        return 77;
    }
    char path[1024];
    struct env e = { .ex.kern = rs_kern_active(), .ex.scratch = rs_arena_open(1 << 22),
                     .arena = rs_arena_open(1 << 22) };
    CHECK(e.arena && e.ex.scratch);
    CHECK_OK(rs_pool_open(0, &e.ex.pool, &err));
    rs_gemm_init();
    snprintf(path, sizeof(path), "%s/golden.safetensors", dir);
    e.golden = golden_open(path);
    snprintf(path, sizeof(path), "%s/model.safetensors", dir);
    CHECK_OK(rs_bundle_open(e.arena, path, dir, &e.bundle, &err));
    const rs_tensor context = text(&e);
    unet(&e, &context);
    vae(&e);
    golden_close(&e.golden);
    rs_bundle_close(&e.bundle);
    rs_pool_close(&e.ex.pool);
    rs_arena_close(&e.ex.scratch);
    rs_arena_close(&e.arena);
    return 0;
}
