/* Loops and SD upscale are what they say: runs of img2img, one after the other and side by
 * side; and what the upscaler makes of a picture, whole and in tiles. */
#include <stdlib.h>

#include "restyle/scripts.h"
#include "restyle/upscale.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"
#define NETS RS_SOURCE_DIR "/tests/golden/esrgan/"

static rs_err err;

static void same(const rs_image *a, const rs_image *b)
{
    CHECK_INT(a->width, b->width);
    CHECK_INT(a->height, b->height);
    CHECK(memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3 * sizeof(float)) == 0);
}

static rs_img2img_params few_steps(void)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = "a b";
    p.steps = 4;
    return p;
}

struct watch {
    int calls, last, n_steps, stop_at;
};

static bool on_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    CHECK(step >= w->last);
    w->last = step;
    w->n_steps = n_steps;
    return w->calls++ != w->stop_at;
}

/* scripts/loopback.py: 0.3 to 0.7 in four loops. sin 30 = cos 60 = 1/2, sin 60 = cos 30. */
static void curves(void)
{
    const double half = 0.5, root = 0.866025403784438647;
    const double share[3][2] = { { 1.0 / 3, 2.0 / 3 }, { half, root }, { 1 - root, half } };
    for (int c = RS_LOOPS_LINEAR; c <= RS_LOOPS_LAZY; c++) {
        const rs_loops l = { .count = 4, .final_strength = 0.7f, .curve = (rs_loops_curve)c };
        CHECK_NEAR(rs_loops_strength(&l, 0.3f, 0), 0.3, 1e-7);
        CHECK_NEAR(rs_loops_strength(&l, 0.3f, 1), 0.3 + 0.4 * share[c][0], 1e-7);
        CHECK_NEAR(rs_loops_strength(&l, 0.3f, 2), 0.3 + 0.4 * share[c][1], 1e-7);
        CHECK_NEAR(rs_loops_strength(&l, 0.3f, 3), 0.7, 1e-7);
    }
    CHECK_NEAR(rs_loops_strength(&(rs_loops){ .count = 1, .final_strength = 0.7f }, 0.3f, 0), 0.3, 1e-7);
}

/* Each output is the next init, the seed goes up, colours stay those of the first init. */
static void loops(void)
{
    rs_model *m = NULL;
    rs_image init = test_image(16, 24), want = { 0 }, at = { 0 }, out = { 0 };
    const rs_loops l = { .count = 3, .final_strength = 0.9f, .curve = RS_LOOPS_AGGRESSIVE };
    rs_img2img_params p = few_steps();
    p.color_correction = true;
    CHECK_OK(rs_model_open(TINY, NULL, &m, &err));
    struct watch w = { .stop_at = -1 };
    CHECK_OK(rs_img2img_loops(m, &p, &l, &init, &out, &(rs_progress){ on_step, &w }, &err));
    int steps = 0;
    for (int i = 0; i < l.count; i++) {
        rs_img2img_params one = p;
        one.strength = rs_loops_strength(&l, p.strength, i);
        one.seed = p.seed + (uint64_t)i;
        one.color_target = &init;
        CHECK_OK(rs_img2img(m, &one, i ? &at : &init, &want, NULL, &err));
        steps += rs_img2img_steps(&one);
        rs_image_release(&at);
        at = want;
        want = (rs_image){ 0 };
    }
    same(&out, &at);
    CHECK_INT(w.n_steps, steps);
    CHECK_INT(w.last, steps);
    CHECK_INT(w.calls, steps + 1);
    w = (struct watch){ .stop_at = steps - 1 };
    CHECK(rs_img2img_loops(m, &p, &l, &init, &out, &(rs_progress){ on_step, &w }, &err) == RS_E_CANCELLED);
    rs_image_release(&init);
    rs_image_release(&at);
    rs_image_release(&out);
    rs_model_close(&m);
}

/* Under a mask, too: latent noise in the first loop, the original afterwards; the box of each
 * loop is that of the first. */
static void masked_loops(void)
{
    rs_model *m = NULL;
    rs_image init = test_image(32, 24), want = { 0 }, at = { 0 }, out = { 0 };
    rs_mask mask = { 0 };
    rs_inpaint_params ip;
    const rs_loops l = { .count = 3, .final_strength = 0.9f, .curve = RS_LOOPS_LINEAR };
    rs_img2img_params p = few_steps();
    const rs_inpaint_box before = { 0, 0, 8, 8, 32, 24 };
    rs_inpaint_box box = before, one_box = before;
    p.color_correction = true;
    rs_inpaint_defaults(&ip);
    ip.content = RS_INPAINT_LATENT_NOISE;
    ip.area = RS_INPAINT_ONLY_MASKED;
    ip.padding = 2;
    ip.size = (rs_size){ 24, 24 };
    CHECK_OK(rs_mask_alloc(&mask, 32, 24, &err));
    for (int i = 0; i < 32 * 24; i++)
        mask.v[i] = i % 32 > 18 && i % 32 < 30 && i / 32 > 9 ? 255 : 0;
    rs_inpaint_picture in = { .init = &init, .original = &init, .mask = &mask, .box = &box };
    CHECK_OK(rs_model_open(TINY, NULL, &m, &err));
    struct watch w = { .stop_at = -1 };
    CHECK_OK(rs_inpaint_loops(m, &p, &ip, &l, &in, &out, &(rs_progress){ on_step, &w }, &err));
    int steps = 0;
    for (int i = 0; i < l.count; i++) {
        rs_img2img_params one = p;
        one.strength = rs_loops_strength(&l, p.strength, i);
        one.seed = p.seed + (uint64_t)i;
        one.color_target = &init;
        one_box = before;
        in.box = &one_box;
        CHECK_OK(rs_inpaint(m, &one, &ip, &in, &want, NULL, &err));
        ip.content = RS_INPAINT_ORIGINAL;
        in.original = NULL;
        steps += rs_img2img_steps(&one);
        rs_image_release(&at);
        at = want;
        in.init = &at;
        want = (rs_image){ 0 };
    }
    same(&out, &at);
    CHECK(memcmp(&box, &one_box, sizeof box) == 0);
    CHECK_INT(w.last, steps);
    CHECK(memcmp(out.rgb, init.rgb, 18 * 3 * sizeof(float)) == 0);
    rs_image_release(&init);
    rs_image_release(&at);
    rs_image_release(&out);
    rs_mask_release(&mask);
    rs_model_close(&m);
}

/* One tile is the enlarged picture; of several, what no other tile covers is img2img of that
 * tile, with its own seed. */
static void sd_upscale(void)
{
    rs_model *m = NULL;
    rs_image init = test_image(24, 16), large = { 0 }, want = { 0 }, out = { 0 }, tile = { 0 };
    rs_img2img_params p = few_steps();
    rs_sd_upscale up = { .factor = 2, .tile = 64, .overlap = 8 };
    CHECK_OK(rs_model_open(TINY, NULL, &m, &err));
    CHECK_OK(rs_image_alloc(&large, 48, 32, &err));
    CHECK_OK(rs_image_resize(&large, &init, RS_RESIZE_STRETCH, &err));
    CHECK_OK(rs_img2img(m, &p, &large, &want, NULL, &err));
    CHECK_INT(rs_sd_upscale_tiles(&up, 24, 16), 1);
    CHECK_OK(rs_img2img_upscale(m, &p, &up, &init, &out, NULL, &err));
    same(&out, &want);
    up.tile = 32; /* two tiles: columns 0 to 31 and 16 to 47; 8 columns of seam at 16 */
    CHECK_INT(rs_sd_upscale_tiles(&up, 24, 16), 2);
    struct watch w = { .stop_at = -1 };
    CHECK_OK(rs_img2img_upscale(m, &p, &up, &init, &out, &(rs_progress){ on_step, &w }, &err));
    CHECK_INT(w.last, 2 * rs_img2img_steps(&p));
    CHECK_OK(rs_image_alloc(&tile, 32, 32, &err));
    for (int t = 0; t < 2; t++) {
        const int x0 = 16 * t, from = t ? 24 : 0, to = t ? 48 : 16;
        for (int y = 0; y < 32; y++)
            memcpy(tile.rgb + y * 32 * 3, large.rgb + (y * 48 + x0) * 3, 32 * 3 * sizeof(float));
        CHECK_OK(rs_img2img(m, &p, &tile, &want, NULL, &err));
        for (int y = 0; y < 32; y++)
            CHECK(memcmp(out.rgb + (y * 48 + from) * 3, want.rgb + (y * 32 + from - x0) * 3,
                         (size_t)(to - from) * 3 * sizeof(float)) == 0);
        p.seed++;
    }
    up.overlap = 32;
    CHECK(rs_img2img_upscale(m, &p, &up, &init, &out, NULL, &err) == RS_E_RANGE);
    rs_image_release(&init);
    rs_image_release(&large);
    rs_image_release(&want);
    rs_image_release(&out);
    rs_image_release(&tile);
    rs_model_close(&m);
}

static double worst(const rs_image *a, const rs_image *b)
{
    double most = 0;
    for (int i = 0; i < a->width * a->height * 3; i++)
        most = fmax(most, fabs((double)a->rgb[i] - (double)b->rgb[i]));
    return most;
}

/* Sizes are A1111's; as many passes as they take, then Lanczos; tiles count as steps. */
static void upscale(void)
{
    rs_upscaler *u = NULL;
    rs_image src = test_image(40, 24), once = { 0 }, twice = { 0 }, want = { 0 }, out = { 0 };
    rs_upscale_params p;
    rs_upscale_defaults(&p);
    CHECK_OK(rs_upscaler_open(NETS "compact_x2.safetensors", 1, &u, &err));
    CHECK_INT(rs_upscaler_scale(u), 2);
    CHECK_STR(rs_upscaler_name(u), "SRVGGNetCompact of 4 convolutions, x2");
    CHECK_OK(rs_upscale(u, &p, &src, &once, NULL, &err));
    CHECK_INT(once.width, 80);
    CHECK_INT(once.height, 48);
    CHECK_OK(rs_upscale(u, &p, &once, &twice, NULL, &err));
    p.factor = 2.5f; /* 100 x 60: multiples of 8 below */
    CHECK_OK(rs_upscale(u, &p, &src, &out, NULL, &err));
    CHECK_OK(rs_image_alloc(&want, 96, 56, &err));
    CHECK_OK(rs_image_resize(&want, &twice, RS_RESIZE_STRETCH, &err));
    same(&out, &want);
    /* four convolutions see four pixels far: tiles that overlap by more change seams only a little */
    struct watch w = { .stop_at = -1 };
    p = (rs_upscale_params){ .factor = 2, .tile = 24, .overlap = 16 };
    CHECK_OK(rs_upscale(u, &p, &src, &out, &(rs_progress){ on_step, &w }, &err));
    CHECK_INT(w.calls, w.n_steps);
    CHECK_INT(w.n_steps, 3);
    CHECK(worst(&out, &once) < 0.3 && worst(&out, &once) > 0);
    p.tile = 0;
    CHECK_OK(rs_upscale(u, &p, &src, &out, NULL, &err));
    same(&out, &once);
    w = (struct watch){ .stop_at = 0 };
    CHECK(rs_upscale(u, &p, &src, &out, &(rs_progress){ on_step, &w }, &err) == RS_E_CANCELLED);
    rs_upscaler_close(&u);
    rs_image_release(&src);
    rs_image_release(&once);
    rs_image_release(&twice);
    rs_image_release(&want);
    rs_image_release(&out);
}

/* A network that wants even sides gets them; threads do not matter; a torch.save file. */
static void odd_sizes(void)
{
    rs_image src = test_image(21, 13), first = { 0 }, out = { 0 };
    for (int threads = 1; threads <= 3; threads++) {
        rs_upscaler *u = NULL;
        rs_upscale_params p;
        rs_upscale_defaults(&p);
        CHECK_OK(rs_upscaler_open(NETS "rrdb_x2.pth", threads, &u, &err));
        CHECK_OK(rs_upscale(u, &p, &src, threads == 1 ? &first : &out, NULL, &err));
        CHECK_INT(first.width, 40);
        CHECK_INT(first.height, 24);
        if (threads > 1)
            same(&first, &out);
        rs_upscaler_close(&u);
    }
    rs_image_release(&src);
    rs_image_release(&first);
    rs_image_release(&out);
}

int main(void)
{
    TEST_RUN(curves);
    TEST_RUN(loops);
    TEST_RUN(masked_loops);
    TEST_RUN(sd_upscale);
    TEST_RUN(upscale);
    TEST_RUN(odd_sizes);
    return 0;
}
