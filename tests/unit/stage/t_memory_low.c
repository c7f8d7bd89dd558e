/* memory: low gives the same pictures from fewer bytes, with one part of the model at
 * a time; it survives stops, new prompts and a lack of memory; what can be said of a
 * damaged model is said when it is opened. */
#include "base/fs.h"
#include "base/mem.h"
#include "stage/engine.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"
#include "tests/lib/tmpdir.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
#define SINGLE GOLDEN "tiny_single.safetensors"
#define TOKENIZER GOLDEN "tiny/tokenizer"

enum { W = 32, H = 24 };

static rs_err err;

static rs_model *open_model(const char *path, rs_memory memory)
{
    rs_model *m = NULL;
    CHECK_OK(rs_model_open(path, &(rs_model_options){ .threads = 2, .memory = memory,
                                                      .tokenizer = TOKENIZER }, &m, &err));
    return m;
}

static int parts(const rs_model *m)
{
    return (m->text != NULL) + (m->unet != NULL) + (m->vae != NULL);
}

static bool one_part(void *cookie, int step, int n_steps)
{
    const rs_model *m = cookie;
    (void)step;
    (void)n_steps;
    CHECK(m->unet && parts(m) == 1);
    return true;
}

static void same_pictures(const char *path)
{
    static const char *const prompts[] = { "a b", "a b", "c", "c", "a b" };
    rs_model *normal = open_model(path, RS_MEMORY_NORMAL), *low = open_model(path, RS_MEMORY_LOW);
    rs_image in = test_image(W, H);
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 3;
    CHECK_INT(parts(normal), 3);
    CHECK_INT(parts(low), 0);
    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
        rs_image a = { 0 }, b = { 0 };
        p.prompt = prompts[i];
        p.cfg_scale = i == 3 ? 1.0f : 5.0f;
        const rs_progress progress = { one_part, low };
        CHECK_OK(rs_img2img(normal, &p, &in, &a, NULL, &err));
        CHECK_OK(rs_img2img(low, &p, &in, &b, &progress, &err));
        CHECK(low->vae && parts(low) == 1);
        CHECK(memcmp(a.rgb, b.rgb, W * H * 3 * sizeof(float)) == 0);
        rs_image_release(&a);
        rs_image_release(&b);
    }
    /* not much, as the scratch of the UNet is most of what this model needs */
    const size_t most = rs_arena_peak(normal->unet_arena) + rs_arena_peak(normal->other_arena);
    const size_t least = rs_arena_peak(low->unet_arena) + rs_arena_peak(low->other_arena);
    CHECK(least < most - most / 10);
    rs_image_release(&in);
    rs_model_close(&normal);
    rs_model_close(&low);
}

static void from_a_folder(void)
{
    same_pictures(GOLDEN "tiny");
}

static void from_a_file(void)
{
    same_pictures(SINGLE);
}

static bool stop(void *cookie, int step, int n_steps)
{
    (void)n_steps;
    return step != *(int *)cookie;
}

static void stopped_pictures(void)
{
    rs_model *m = open_model(SINGLE, RS_MEMORY_LOW);
    rs_image in = test_image(W, H), first = { 0 }, out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 4;
    CHECK_OK(rs_img2img(m, &p, &in, &first, NULL, &err));
    for (int at = 0; at <= rs_img2img_steps(&p); at++) {
        const rs_progress progress = { stop, &at };
        CHECK_INT(rs_img2img(m, &p, &in, &out, &progress, &err), RS_E_CANCELLED);
    }
    const size_t before = rs_alloc_count();
    CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
    CHECK_INT(rs_alloc_count() - before, 1); /* the picture; parts go where they were before */
    CHECK(memcmp(first.rgb, out.rgb, W * H * 3 * sizeof(float)) == 0);
    rs_image_release(&first);
    rs_image_release(&out);
    rs_image_release(&in);
    rs_model_close(&m);
}

/* Every allocation of a first and a second picture fails once. */
static void out_of_memory(void)
{
    rs_image in = test_image(W, H);
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 2;
    long n = 0;
    for (bool done = false; !done; n++) {
        rs_model *m = NULL;
        rs_image out = { 0 };
        rs_alloc_fail_after(n);
        rs_status s = rs_model_open(SINGLE, &(rs_model_options){ .threads = 2, .memory = RS_MEMORY_LOW,
                                                                 .tokenizer = TOKENIZER }, &m, &err);
        if (s == RS_OK)
            s = rs_img2img(m, &p, &in, &out, NULL, &err);
        rs_alloc_fail_after(-1);
        done = s == RS_OK;
        if (!done)
            CHECK_INT(s, RS_E_NOMEM);
        if (m && !done) /* and with memory again it works */
            CHECK_OK(rs_img2img(m, &p, &in, &out, NULL, &err));
        rs_image_release(&out);
        rs_model_close(&m);
    }
    CHECK(n > 10);
    rs_image_release(&in);
}

/* A copy of the model with `from` replaced by `to`, and the last byte by `last`. */
static void damaged_copy(const char *from, const char *to, int last)
{
    rs_arena *a = rs_arena_open(1 << 20);
    char *data;
    size_t size;
    CHECK_OK(rs_read_file(a, SINGLE, (size_t)1 << 30, &data, &size, &err));
    const size_t n = strlen(from);
    size_t at = 0;
    while (at + n <= size && memcmp(data + at, from, n) != 0)
        at++;
    CHECK(at + n <= size && strlen(to) == n);
    memcpy(data + at, to, n);
    if (last)
        data[size - 1] = (char)last;
    tmpdir_write("damaged.safetensors", data, size);
    rs_arena_close(&a);
}

static void damaged_models(void)
{
    rs_model *m = NULL;
    const rs_model_options options = { .threads = 2, .memory = RS_MEMORY_LOW, .tokenizer = TOKENIZER };
    damaged_copy("first_stage_model.decoder.conv_out.bias", "first_stage_model.decoder.conv_out.bios", 0);
    CHECK_INT(rs_model_open(tmpdir_at("damaged.safetensors"), &options, &m, &err), RS_E_NOTFOUND);
    CHECK(strstr(err.msg, "decoder.conv_out.bias"));
    CHECK(!m);
    /* the last value of the file: infinite */
    damaged_copy("first_stage_model.decoder.conv_out.bias", "first_stage_model.decoder.conv_out.bias", 0x7c);
    CHECK_OK(rs_model_open(tmpdir_at("damaged.safetensors"), &options, &m, &err));
    rs_image in = test_image(W, H), out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_INT(rs_img2img(m, &p, &in, &out, NULL, &err), RS_E_CORRUPT);
        CHECK(strstr(err.msg, "tensor '") && !out.rgb);
    }
    rs_image_release(&in);
    rs_model_close(&m);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(from_a_folder);
    TEST_RUN(from_a_file);
    TEST_RUN(stopped_pictures);
    TEST_RUN(out_of_memory);
    TEST_RUN(damaged_models);
    tmpdir_close();
    return 0;
}
