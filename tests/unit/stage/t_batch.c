/* Pictures of a batch are the bytes that they are one by one, whatever the sampler and the
 * options, and their seeds count as A1111's. */
#include "restyle/batch.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"
#define TINY_INPAINT RS_SOURCE_DIR "/tests/golden/tiny_inpaint"

enum { W = 24, H = 16, N = 3 };

static rs_err err;

static rs_model *open_model(const char *path, rs_precision precision, int threads)
{
    rs_model *m = NULL;
    const rs_model_options o = { .threads = threads, .precision = precision };
    CHECK_OK(rs_model_open(path, &o, &m, &err));
    return m;
}

static rs_img2img_params usual(void)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = "a cat";
    p.steps = 4;
    p.strength = 1;
    return p;
}

static bool same(const rs_image *a, const rs_image *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3 * sizeof(float)) == 0;
}

static void check_batch(rs_model *m, const rs_img2img_params *p)
{
    rs_image init = test_image(W, H), together[N] = { { 0 } }, alone = { 0 };
    CHECK_OK(rs_img2img_batch(m, p, N, &init, together, NULL, &err));
    for (int i = 0; i < N; i++) {
        rs_img2img_params one;
        rs_batch_params(p, i, &one);
        CHECK_OK(rs_img2img(m, &one, &init, &alone, NULL, &err));
        CHECK(same(&alone, &together[i]));
        CHECK(i == 0 || !same(&together[i], &together[i - 1]));
    }
    for (int i = 0; i < N; i++)
        rs_image_release(&together[i]);
    rs_image_release(&alone);
    rs_image_release(&init);
}

static void every_sampler(void)
{
    rs_model *m = open_model(TINY, RS_PRECISION_EXACT, 2);
    for (size_t i = 0; rs_sampler_name(i); i++) {
        rs_img2img_params p = usual();
        p.sampler = rs_sampler_name(i);
        p.sampling.s_churn = 3;
        check_batch(m, &p);
    }
    rs_model_close(&m);
}

/* What draws noise, what changes the prompts' lengths and number, what ends each picture. */
static void every_option(void)
{
    rs_model *m = open_model(TINY, RS_PRECISION_EXACT, 1);
    rs_img2img_params p = usual();
    p.sampler = "euler_a";
    p.cfg_scale = 1;
    check_batch(m, &p);
    p.prompt = "a cat AND a dog :0.5 AND [sun|moon]";
    check_batch(m, &p); /* of one length: cat and dog together, moon alone */
    p.cfg_scale = 5;
    p.negative_prompt = "a BREAK b BREAK c";
    check_batch(m, &p);
    for (rs_encode_mode e = RS_ENCODE_SAMPLE; e <= RS_ENCODE_START_NOISE; e++) {
        p.encode = e;
        p.latent_size = (rs_size){ 48, 32 };
        check_batch(m, &p);
    }
    p = usual();
    p.variation_strength = 0.3f;
    p.seed_resize_from = (rs_size){ 24, 32 };
    p.color_correction = true;
    p.rounding = RS_ROUND_TRUNCATE;
    p.tiling = true;
    check_batch(m, &p);
    rs_model_close(&m);
}

static void every_model(void)
{
    rs_img2img_params p = usual();
    rs_model *m = open_model(TINY, RS_PRECISION_FAST, 3);
    check_batch(m, &p);
    rs_model_close(&m);
    m = open_model(TINY_INPAINT, RS_PRECISION_EXACT, 2);
    for (rs_encode_mode e = RS_ENCODE_MEAN; e <= RS_ENCODE_START_NOISE; e++) {
        p.encode = e;
        check_batch(m, &p);
    }
    rs_model_close(&m);
}

/* modules/processing.py, process_images_inner: all_seeds and all_subseeds. */
static void seeds_count_up(void)
{
    rs_img2img_params p = usual(), one;
    p.seed = 100;
    p.variation_seed = 7;
    rs_batch_params(&p, 2, &one);
    CHECK_INT(one.seed, 102);
    CHECK_INT(one.variation_seed, 9);
    p.variation_strength = 0.5f;
    rs_batch_params(&p, 2, &one);
    CHECK_INT(one.seed, 100);
    CHECK_INT(one.variation_seed, 9);
}

struct watch {
    int last, n_steps, calls;
};

static bool on_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    CHECK(step >= w->last && step <= n_steps);
    *w = (struct watch){ step, n_steps, w->calls + 1 };
    return true;
}

/* A batch tells its steps once; one picture at a time, those of all. */
static void progress_of_all(void)
{
    rs_model *m = open_model(TINY, RS_PRECISION_EXACT, 1);
    rs_img2img_params p = usual();
    rs_image init = test_image(W, H), outs[2] = { { 0 } };
    struct watch w = { 0 };
    const rs_progress progress = { on_step, &w };
    CHECK_OK(rs_img2img_batch(m, &p, 2, &init, outs, &progress, &err));
    CHECK_INT(w.calls, 5);
    CHECK_INT(w.last, 4);
    p.sampler = "dpm_adaptive";
    w = (struct watch){ 0 };
    CHECK_OK(rs_img2img_batch(m, &p, 2, &init, outs, &progress, &err));
    CHECK_INT(w.n_steps, 8);
    CHECK_INT(w.last, 8);
    CHECK(rs_img2img_batch(m, &p, 0, &init, outs, NULL, &err) == RS_E_RANGE);
    CHECK(rs_img2img_batch(m, &p, RS_BATCH_MAX_SIZE + 1, &init, outs, NULL, &err) == RS_E_RANGE);
    for (int i = 0; i < 2; i++)
        rs_image_release(&outs[i]);
    rs_image_release(&init);
    rs_model_close(&m);
}

int main(void)
{
    TEST_RUN(every_sampler);
    TEST_RUN(every_option);
    TEST_RUN(every_model);
    TEST_RUN(seeds_count_up);
    TEST_RUN(progress_of_all);
    return 0;
}
