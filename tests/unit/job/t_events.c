/* What a job writes into its events, and what stands in for frames that are not finite: the
 * model's file is damaged and mended between frames, which memory: low reads anew. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "restyle/job.h"
#include "tests/unit/media/media_test.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"
#define VAE "vae/diffusion_pytorch_model.safetensors"

enum { FRAMES = 4, SIDE = 16 };

static rs_err err;

static void copy_file(const char *name)
{
    char from[1024], to[1024];
    size_t n;
    snprintf(from, sizeof(from), TINY "/%s", name);
    snprintf(to, sizeof(to), "model/%s", name);
    unsigned char *d = slurp(from, &n);
    tmpdir_write(to, d, n);
    free(d);
}

static void make_inputs(void)
{
    static const char *const files[] = {
        "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
        "text_encoder/model.safetensors", "tokenizer/merges.txt", "tokenizer/tokenizer_config.json",
        "tokenizer/vocab.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json", VAE,
    };
    rs_image im = { 0 };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        copy_file(files[i]);
    CHECK_OK(rs_image_alloc(&im, SIDE, SIDE, &err));
    tmpdir_write("in/none", "", 0);
    for (int i = 1; i <= FRAMES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "in/%d.png", i);
        paint(&im, 9 * i);
        CHECK_OK(rs_image_write_png(tmp(name), &im, NULL, &err));
    }
    rs_image_release(&im);
}

static rs_pipeline_spec spec_of(const char *output)
{
    static char model[1024], input[1024], events[1024];
    rs_pipeline_spec s = {
        .model = tmpdir_path(model, sizeof(model), "model"), .input = tmpdir_path(input, sizeof(input), "in"),
        .output = output, .events = tmpdir_path(events, sizeof(events), "events.jsonl"), .threads = 1,
        .overwrite = true, .memory = RS_MEMORY_LOW, .encode = { .crf = -1 } };
    rs_img2img_defaults(&s.img2img);
    s.img2img.prompt = "a cat";
    s.img2img.steps = 1;
    s.img2img.strength = 1;
    unlink(s.events);
    return s;
}

static void picture(const char *folder, int i, rs_image *im)
{
    char name[64];
    snprintf(name, sizeof(name), "%s/%d.png", folder, i);
    CHECK_OK(rs_image_read(tmp(name), im, &err));
}

/* In units of the whole range. */
static double mean_difference(const char *a, int i, const char *b, int k)
{
    rs_image x, y;
    double sum = 0;
    picture(a, i, &x);
    picture(b, k, &y);
    for (int v = 0; v < SIDE * SIDE * 3; v++)
        sum += fabs((double)x.rgb[v] - (double)y.rgb[v]);
    rs_image_release(&x);
    rs_image_release(&y);
    return sum / (SIDE * SIDE * 3);
}

/* Line i, from 1, of the events. */
static const rs_json *event(rs_arena *arena, const char *path, int i)
{
    size_t n;
    char *text = (char *)slurp(path, &n), *line = text;
    const rs_json *out = NULL;
    text[n] = '\0';
    for (; i > 1; i--)
        line = strchr(line, '\n') + 1;
    CHECK_OK(rs_json_parse(arena, line, strcspn(line, "\n"), "event", &out, &err));
    free(text);
    return out;
}

static double number(const rs_json *object, const char *key)
{
    const rs_json *v = rs_json_get(object, key);
    CHECK(v && v->type == RS_JSON_NUMBER);
    return v->number;
}

static void lines(void)
{
    const rs_pipeline_spec s = spec_of(tmp("styled/"));
    rs_arena *arena = rs_arena_open(4096);
    CHECK_OK(rs_job_run(&s, NULL, NULL, NULL, NULL, &err));
    for (int i = 1; i <= FRAMES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d.png", i);
        const rs_json *e = event(arena, s.events, i), *t = rs_json_get(e, "seconds");
        CHECK_STR(rs_json_get(e, "clip")->string, "in");
        CHECK_STR(rs_json_get(e, "name")->string, name);
        CHECK(number(e, "frame") == i && number(e, "seed") == (double)s.img2img.seed);
        CHECK(fabs(number(e, "time") - (i - 1) / 25.0) < 1e-6);
        CHECK(rs_json_get(e, "size")->first->integer == SIDE);
        CHECK(!rs_json_get(e, "held")->boolean && !rs_json_get(e, "retried")->boolean);
        /* the files hold 8 bits of each value, which is at most half a step off */
        CHECK(fabs(number(e, "drift_source") - mean_difference("in", i, "styled", i)) < 0.5 / 255);
        CHECK((rs_json_get(e, "drift_previous") != NULL) == (i > 1));
        if (i > 1)
            CHECK(fabs(number(e, "drift_previous") - mean_difference("styled", i, "styled", i - 1)) <
                  1.0 / 255);
        const double parts = number(t, "vae_encode") + number(t, "steps") + number(t, "vae_decode") +
                             number(t, "prompts");
        CHECK((i == 1 || number(t, "decode") > 0) && number(t, "write") > 0);
        CHECK(number(t, "scale") >= 0); /* a copy of so small a picture may take no microsecond */
        CHECK(number(t, "vae_encode") > 0 && number(t, "steps") > 0 && number(t, "vae_decode") > 0);
        CHECK(parts > 0 && parts <= number(t, "make"));
    }
    rs_arena_close(&arena);
}

/* Finite weights whose products are not: the file of the autoencoder's decoder at the end. */
static void damage(bool on)
{
    static float good[6 + 162];
    static bool kept;
    size_t n;
    unsigned char *d = slurp(tmp("model/" VAE), &n);
    /* decoder.conv_norm_out.weight and decoder.conv_out.weight: see the header of the file */
    const size_t data = 8 + (size_t)d[0] + 256 * (size_t)d[1] + 65536 * (size_t)d[2];
    const int fd = open(tmp("model/" VAE), O_RDWR);
    float huge[162];
    free(d);
    CHECK(fd >= 0);
    if (!kept)
        CHECK(pread(fd, good, 24, (off_t)data + 2688) == 24 &&
              pread(fd, good + 6, 648, (off_t)data + 2724) == 648);
    kept = true;
    for (int i = 0; i < 162; i++)
        huge[i] = 3e38f;
    CHECK(pwrite(fd, on ? huge : good, 24, (off_t)data + 2688) == 24);
    CHECK(pwrite(fd, on ? huge : good + 6, 648, (off_t)data + 2724) == 648);
    close(fd);
}

/* Bad from the first call of frame `frame` on; good again at its call number `mend`. */
struct plan {
    int frame, mend, calls;
};

static bool on_progress(void *cookie, const rs_job_progress *p)
{
    struct plan *plan = cookie;
    if (p->frame == plan->frame - 1 && ++plan->calls == 1)
        damage(true);
    if (plan->calls == plan->mend || p->frame == plan->frame)
        damage(false);
    return true;
}

static char said[1024];

static void on_log(void *cookie, rs_log_level level, const char *line)
{
    (void)cookie;
    if (level == RS_LOG_WARN)
        snprintf(said, sizeof(said), "%s", line);
}

static rs_status run(rs_pipeline_spec *s, int frame, int mend, rs_job_result *r)
{
    struct plan plan = { .frame = frame, .mend = mend };
    const rs_job_events events = { .progress = on_progress, .cookie = &plan };
    const rs_log log = { RS_LOG_WARN, on_log, NULL };
    said[0] = '\0';
    const rs_status status = rs_job_run(s, NULL, &events, &log, r, &err);
    damage(false);
    return status;
}

static void bad_frames(void)
{
    rs_arena *arena = rs_arena_open(4096);
    rs_job_result r;
    rs_pipeline_spec s = spec_of(tmp("bad/"));
    CHECK_INT(run(&s, 3, 1000, &r), RS_E_NOT_FINITE);
    CHECK(strstr(err.msg, "frame 3: ") && strstr(err.msg, "not finite"));
    CHECK_INT(r.frames, 2);

    s = spec_of(tmp("hold/"));
    s.on_bad_frame = RS_BAD_FRAME_HOLD;
    CHECK_OK(run(&s, 3, 1000, &r));
    CHECK(r.frames == FRAMES && r.replaced == 1 && strstr(said, "frame 3 is not finite"));
    CHECK(mean_difference("hold", 3, "hold", 2) == 0);
    CHECK(mean_difference("hold", 4, "styled", 4) == 0);
    CHECK_STR(rs_json_get(event(arena, s.events, 3), "stands_in")->string, "previous");
    CHECK(rs_json_get(event(arena, s.events, 3), "retried")->boolean);
    CHECK(!rs_json_get(event(arena, s.events, 4), "stands_in"));

    s = spec_of(tmp("first/")); /* nothing is before it */
    s.on_bad_frame = RS_BAD_FRAME_HOLD;
    CHECK_OK(run(&s, 1, 1000, &r));
    CHECK(mean_difference("first", 1, "in", 1) == 0);

    s = spec_of(tmp("source/"));
    s.on_bad_frame = RS_BAD_FRAME_SOURCE;
    s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
    CHECK_OK(run(&s, 2, 1000, &r));
    CHECK(mean_difference("source", 2, "in", 2) == 0); /* without what loopback mixes in */

    /* The second try is good: the picture is the one that it would have been. */
    s = spec_of(tmp("again/"));
    CHECK_OK(run(&s, 3, 4, &r));
    CHECK(r.replaced == 0 && strstr(said, "came out well the second time"));
    CHECK(mean_difference("again", 3, "styled", 3) == 0);
    CHECK(rs_json_get(event(arena, s.events, 3), "retried")->boolean);
    rs_arena_close(&arena);
}

int main(void)
{
    tmpdir_open();
    make_inputs();
    TEST_RUN(lines);
    TEST_RUN(bad_frames);
    tmpdir_close();
    return 0;
}
