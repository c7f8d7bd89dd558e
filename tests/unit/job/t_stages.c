/* A pipeline's stages in a job: sizes of what comes out, in every order, and loopback whose
 * outputs are larger than its frames. */
#include "base/fs.h"
#include "job/stages.h"
#include "media/media.h"
#include "restyle/job.h"
#include "tests/unit/media/media_test.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"
#define UPSCALER RS_SOURCE_DIR "/tests/golden/esrgan/compact_x2.safetensors"

static rs_err err;
static char in[1024], out[1024], loop[1024];

static rs_pipeline_spec spec_of(const char *input, const char *output)
{
    rs_pipeline_spec s = { .model = TINY, .input = input, .output = output, .threads = 1,
                           .overwrite = true, .loops = { .count = 1 } };
    rs_img2img_defaults(&s.img2img);
    rs_upscale_defaults(&s.upscale);
    s.img2img.prompt = "a cat";
    s.img2img.steps = 1;
    s.img2img.strength = 1;
    return s;
}

static void frames(int n)
{
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, 24, 16, &err));
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d.png", i);
        paint(&im, 5 * i);
        CHECK_OK(rs_image_write_png(tmp(name), &im, NULL, &err));
    }
    rs_image_release(&im);
}

static void run(const rs_pipeline_spec *s, int width, int height)
{
    rs_job_result r;
    const rs_size size = rs_stages_size(s, (rs_size){ 24, 16 }, (rs_size){ 0 });
    CHECK_OK(rs_job_run(s, NULL, NULL, NULL, &r, &err));
    CHECK_INT(r.width, width);
    CHECK_INT(r.height, height);
    CHECK_INT(size.width, width);
    CHECK_INT(size.height, height);
}

static void sizes(void)
{
    rs_pipeline_spec s = spec_of(in, out);
    run(&s, 24, 16);
    s.upscale.model = UPSCALER;
    run(&s, 48, 32);
    s.upscale.when = RS_UPSCALE_BEFORE;
    CHECK_INT(rs_stages_init_size(&s, (rs_size){ 24, 16 }).width, 48);
    run(&s, 48, 32);
    s.sd_upscale = (rs_sd_upscale){ .factor = 1.5f, .tile = 64, .overlap = 8 };
    run(&s, 72, 48);
    s.upscale.when = RS_UPSCALE_AFTER;
    run(&s, 64, 48); /* 36x24 is no multiple of 8: 32x24, and doubled */
}

/* The second frame sees the first one's output, scaled down. */
static void loopback(void)
{
    rs_image a = { 0 }, b = { 0 };
    rs_pipeline_spec s = spec_of(in, out);
    s.upscale.model = UPSCALER;
    run(&s, 48, 32);
    s.output = loop;
    s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
    run(&s, 48, 32);
    for (int i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "out/%d.png", i);
        CHECK_OK(rs_image_read(tmp(name), &a, &err));
        snprintf(name, sizeof name, "loop/%d.png", i);
        CHECK_OK(rs_image_read(tmp(name), &b, &err));
        CHECK_INT(memcmp(a.rgb, b.rgb, 48 * 32 * 3 * sizeof(float)) == 0, i == 0);
        rs_image_release(&a);
        rs_image_release(&b);
    }
}

static bool remove_styles(void *cookie, const rs_job_progress *p)
{
    if (p->frame == 1)
        remove(cookie);
    return true;
}

/* The file of styles is gone after the first frame, and the second one has its style as well. */
static void styles_once(void)
{
    static const char *const names[] = { "ink" };
    char csv[1024];
    rs_image styled = { 0 }, typed = { 0 };
    rs_job_result r;
    rs_pipeline_spec s = spec_of(in, out);
    FILE *f = fopen(tmpdir_path(csv, sizeof csv, "styles.csv"), "w");
    CHECK(f && fputs("name,prompt,negative_prompt\nink,\"ink, {prompt}\",photo\n", f) >= 0 && fclose(f) == 0);
    s.img2img.styles = (rs_list){ 1, names };
    s.img2img.styles_file = csv;
    s.infotext.write = true;
    const rs_job_events events = { .progress = remove_styles, .cookie = csv };
    CHECK_OK(rs_job_run(&s, NULL, &events, NULL, &r, &err));
    CHECK_INT(r.frames, 2);
    CHECK(remove(csv) != 0);
    s.img2img.styles = (rs_list){ 0 };
    s.img2img.prompt = "ink, a cat";
    s.img2img.negative_prompt = "photo";
    s.output = loop;
    CHECK_OK(rs_job_run(&s, NULL, NULL, NULL, &r, &err));
    CHECK_OK(rs_image_read(tmp("out/1.png"), &styled, &err));
    CHECK_OK(rs_image_read(tmp("loop/1.png"), &typed, &err));
    CHECK(memcmp(styled.rgb, typed.rgb, 24 * 16 * 3 * sizeof(float)) == 0);
    rs_image_release(&styled);
    rs_image_release(&typed);
}

/* A file that is no upscaler is told before the first frame, as part of the model. */
static void no_upscaler(void)
{
    rs_job_result r;
    rs_pipeline_spec s = spec_of(in, out);
    s.upscale.model = RS_SOURCE_DIR "/tests/golden/rng.safetensors";
    CHECK(rs_job_run(&s, NULL, NULL, NULL, &r, &err) == RS_E_UNSUPPORTED);
    CHECK_INT(r.failed, RS_JOB_MODEL);
    CHECK_INT(r.frames, 0);
}

int main(void)
{
    tmpdir_open();
    tmpdir_path(in, sizeof in, "in");
    tmpdir_path(out, sizeof out, "out");
    tmpdir_path(loop, sizeof loop, "loop");
    CHECK_OK(rs_make_dirs(in, &err));
    frames(2);
    TEST_RUN(sizes);
    TEST_RUN(loopback);
    TEST_RUN(styles_once);
    TEST_RUN(no_upscaler);
    tmpdir_close();
    return 0;
}
