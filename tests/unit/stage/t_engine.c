/* What the engine promises beyond numbers: no allocation inside a step after the
 * first, the same bytes for any number of threads, cancelling, strength 0, and
 * clear refusals. */
#include "base/mem.h"
#include "restyle/img2img.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"
#define MAX_STEPS 32

static rs_err err;

static rs_model *open_model(int threads)
{
    rs_model *m = NULL;
    CHECK_OK(rs_model_open(TINY, &(rs_model_options){ .threads = threads }, &m, &err));
    return m;
}

struct watch {
    size_t allocs[MAX_STEPS];
    int steps, stop_at;
};

static bool on_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    CHECK_INT(step, w->steps);
    CHECK(step <= n_steps && step < MAX_STEPS);
    w->allocs[w->steps++] = rs_alloc_count();
    return step != w->stop_at;
}

static void no_allocation_in_steps(void)
{
    const char *const samplers[] = { "euler", "euler_a", "dpmpp_2m", "ddim", "dpmpp_3m_sde", "unipc" };
    for (size_t k = 0; k < sizeof(samplers) / sizeof(samplers[0]); k++) {
        rs_model *m = open_model(2);
        rs_image in = test_image(44, 26), out = { 0 };
        rs_img2img_params p;
        rs_img2img_defaults(&p);
        p.prompt = "a b";
        p.sampler = samplers[k];
        p.steps = 8;
        const int n_steps = rs_img2img_steps(&p);
        for (int pass = 0; pass < 2; pass++) {
            struct watch w = { .stop_at = -1 };
            const rs_progress progress = { on_step, &w };
            const size_t before = rs_alloc_count();
            CHECK_OK(rs_img2img(m, &p, &in, &out, &progress, &err));
            CHECK_INT(w.steps, n_steps + 1);
            for (int i = 2; i < w.steps; i++)
                CHECK_INT(w.allocs[i] - w.allocs[1], 0);
            if (pass == 1) /* the second picture allocates nothing but itself */
                CHECK_INT(rs_alloc_count() - before, 1);
            rs_image_release(&out);
        }
        rs_image_release(&in);
        rs_model_close(&m);
    }
}

static void any_number_of_threads(void)
{
    rs_image in = test_image(36, 52), first = { 0 };
    for (int threads = 1; threads <= 7; threads += 2) {
        rs_model *m = open_model(threads);
        rs_image out = { 0 };
        rs_img2img_params p;
        rs_img2img_defaults(&p);
        p.prompt = "threads";
        p.steps = 5;
        CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
        if (!first.rgb) {
            first = out;
        } else {
            CHECK(memcmp(first.rgb, out.rgb, 36 * 52 * 3 * sizeof(float)) == 0);
            rs_image_release(&out);
        }
        rs_model_close(&m);
    }
    rs_image_release(&first);
    rs_image_release(&in);
}

static void prompts_change(void)
{
    rs_model *m = open_model(1);
    rs_image in = test_image(16, 16), a = { 0 }, b = { 0 }, c = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 3;
    p.prompt = "first";
    CHECK_OK(rs_img2img(m, &p, &in, &a, NULL, &err));
    p.prompt = "second";
    CHECK_OK(rs_img2img(m, &p, &in, &b, NULL, &err));
    p.prompt = "first";
    CHECK_OK(rs_img2img(m, &p, &in, &c, NULL, &err));
    CHECK(memcmp(a.rgb, b.rgb, 16 * 16 * 3 * sizeof(float)) != 0);
    CHECK(memcmp(a.rgb, c.rgb, 16 * 16 * 3 * sizeof(float)) == 0);
    rs_image_release(&a);
    rs_image_release(&b);
    rs_image_release(&c);
    rs_image_release(&in);
    rs_model_close(&m);
}

static void cancel_and_go_on(void)
{
    rs_model *m = open_model(2);
    rs_image in = test_image(16, 24), out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 6;
    const int n = rs_img2img_steps(&p);
    for (int stop = 0; stop <= n; stop++) {
        struct watch w = { .stop_at = stop };
        const rs_progress progress = { on_step, &w };
        CHECK_INT(rs_img2img(m, &p, &in, &out, &progress, &err), RS_E_CANCELLED);
        CHECK(!out.rgb);
    }
    CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
    rs_image_release(&out);
    rs_image_release(&in);
    rs_model_close(&m);
}

/* Other sizes are those of a picture that is padded by hand, as numpy's "reflect" pads, and cut. */
static void odd_sizes(void)
{
    rs_model *m = open_model(1);
    rs_image in = test_image(17, 23), padded = test_image(18, 24), got = { 0 }, want = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 2;
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 18; x++)
            memcpy(padded.rgb + (y * 18 + x) * 3, in.rgb + ((y < 23 ? y : 21) * 17 + (x < 17 ? x : 15)) * 3,
                   3 * sizeof(float));
    CHECK_OK(rs_img2img(m, &p, &in, &got, NULL, &err));
    CHECK_OK(rs_img2img(m, &p, &padded, &want, NULL, &err));
    CHECK(got.width == 17 && got.height == 23);
    for (int y = 0; y < 23; y++)
        CHECK(memcmp(got.rgb + y * 17 * 3, want.rgb + y * 18 * 3, 17 * 3 * sizeof(float)) == 0);
    rs_image_release(&got);
    rs_image_release(&want);
    rs_image_release(&in);
    rs_image_release(&padded);
    rs_model_close(&m);
}

static void strength_zero(void)
{
    rs_model *m = open_model(1);
    rs_image in = test_image(16, 24), out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.strength = 0.0f;
    CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
    CHECK(memcmp(in.rgb, out.rgb, 16 * 24 * 3 * sizeof(float)) == 0);
    rs_image_release(&out);
    rs_image_release(&in);
    rs_model_close(&m);
}

static void refusals(void)
{
    rs_model *m = open_model(1);
    rs_image in = test_image(17, 24), out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.latent_size = (rs_size){ 16, 24 };
    CHECK_INT(rs_img2img(m, &p, &in, &out, NULL, &err), RS_E_INVALID);
    p.latent_size = (rs_size){ 0 };
    CHECK_STR(err.msg, "picture of 17x24: width and height must be multiples of 2");
    rs_image_release(&in);
    in = test_image(16, 24);
    p.sampler = "eular";
    CHECK_INT(rs_img2img(m, &p, &in, &out, NULL, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "eular") && strstr(err.msg, "dpmpp_2m"));
    rs_img2img_defaults(&p);
    p.strength = 1.5f;
    CHECK_INT(rs_img2img(m, &p, &in, &out, NULL, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "strength"));
    rs_img2img_defaults(&p); /* and the model still works */
    p.steps = 2;
    CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
    rs_image_release(&out);
    rs_image_release(&in);
    rs_model_close(&m);
}

/* Every allocation of opening and running fails once; nothing may crash or leak. */
static void out_of_memory(void)
{
    rs_image in = test_image(8, 8);
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = "memory";
    p.steps = 2;
    long n = 0;
    for (bool done = false; !done; n++) {
        rs_model *m = NULL;
        rs_image out = { 0 };
        rs_alloc_fail_after(n);
        rs_status s = rs_model_open(TINY, &(rs_model_options){ .threads = 2 }, &m, &err);
        if (s == RS_OK)
            s = rs_img2img(m, &p, &in, &out, NULL, &err);
        rs_alloc_fail_after(-1);
        if (s != RS_OK)
            CHECK_INT(s, RS_E_NOMEM);
        done = s == RS_OK;
        rs_image_release(&out);
        rs_model_close(&m);
    }
    CHECK(n > 10);
    rs_image_release(&in);
}

int main(void)
{
    TEST_RUN(no_allocation_in_steps);
    TEST_RUN(any_number_of_threads);
    TEST_RUN(prompts_change);
    TEST_RUN(cancel_and_go_on);
    TEST_RUN(odd_sizes);
    TEST_RUN(strength_zero);
    TEST_RUN(refusals);
    TEST_RUN(out_of_memory);
    return 0;
}
