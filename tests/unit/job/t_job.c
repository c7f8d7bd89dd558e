/* The job's threads: the bytes are those of a plain loop, and whatever ends a job
 * early (the caller, the input, the output, no memory) ends it with the first
 * cause, with nothing half written and no thread left. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "media/media.h"
#include "restyle/job.h"
#include "tests/unit/media/media_test.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"

enum { FRAMES = 4, STEPS = 1 };

static rs_err err;
static char clip[1024]; /* FRAMES frames of 16x16 */

/* n frames of 16x16, by our own writer. */
static void make_clip(const char *path, int n)
{
    rs_sink *out = NULL;
    rs_frame f = { 0 };
    const rs_sink_options o = { .width = 16, .height = 16, .rate = { 30000, 1001 },
                                .time_base = { 1001, 30000 }, .crf = 10, .overwrite = true };
    CHECK_OK(rs_sink_open(path, &o, &out, &err));
    CHECK_OK(rs_image_alloc(&f.image, 16, 16, &err));
    for (f.duration = 1; f.index < n; f.pts = ++f.index) {
        paint(&f.image, (int)f.index * 5);
        CHECK_OK(rs_sink_write(out, &f, &err));
    }
    CHECK_OK(rs_sink_close(&out, true, &err));
    rs_frame_release(&f);
}

static rs_pipeline_spec spec_of(const char *input, const char *output)
{
    rs_pipeline_spec s = { .model = TINY, .input = input, .output = output, .threads = 1,
                           .overwrite = true, .encode = { .crf = -1, .preset = "ultrafast" } };
    rs_img2img_defaults(&s.img2img);
    s.img2img.prompt = "a cat";
    s.img2img.steps = STEPS;
    s.img2img.strength = 1;
    return s;
}

static int n_entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    for (const struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.' || (e->d_name[1] && e->d_name[1] != '.');
    if (d)
        closedir(d);
    return n;
}

static int n_threads(void)
{
    return n_entries("/proc/self/task"); /* 0 where there is no such thing */
}

static void same_bytes(const char *a, const char *b)
{
    size_t na, nb;
    unsigned char *x = slurp(a, &na), *y = slurp(b, &nb);
    if (na != nb || memcmp(x, y, na) != 0)
        TEST_FAIL("%s and %s differ", a, b);
    free(x);
    free(y);
}

/* What rs_job_run does, without threads, on a clip of 16x16. */
static void plain_loop(const rs_pipeline_spec *spec)
{
    rs_source *in = NULL;
    rs_sink *out = NULL;
    rs_model *model = NULL;
    rs_frame f = { 0 };
    rs_image previous = { 0 }, painted = { 0 };
    rs_sink_options o;
    CHECK_OK(rs_source_open(spec->input, NULL, &in, &err));
    CHECK_OK(rs_model_open(spec->model, NULL, &model, &err));
    rs_sink_options_from(&o, rs_source_get_info(in));
    o.overwrite = true;
    o.preset = spec->encode.preset;
    CHECK_OK(rs_sink_open(spec->output, &o, &out, &err));
    for (bool end = false;;) {
        CHECK_OK(rs_source_next(in, &f, &end, &err));
        if (end)
            break;
        for (int i = 0; previous.rgb && i < 16 * 16 * 3; i++)
            f.image.rgb[i] = spec->loopback.blend * previous.rgb[i] +
                             (1.0f - spec->loopback.blend) * f.image.rgb[i];
        rs_image_release(&painted);
        CHECK_OK(rs_img2img(model, &spec->img2img, &f.image, &painted, NULL, &err));
        rs_frame styled = f;
        styled.image = painted;
        CHECK_OK(rs_sink_write(out, &styled, &err));
        if (spec->loopback.enabled) {
            rs_image_release(&previous);
            previous = painted;
            painted = (rs_image){ 0 };
        }
    }
    CHECK_OK(rs_sink_close(&out, true, &err));
    rs_frame_release(&f);
    rs_image_release(&painted);
    rs_image_release(&previous);
    rs_source_close(&in);
    rs_model_close(&model);
}

static void same_as_a_plain_loop(void)
{
    for (int loop = 0; loop <= 1; loop++) {
        rs_pipeline_spec s = spec_of(clip, tmp("plain.mp4"));
        s.loopback = (rs_loopback_spec){ .enabled = loop, .blend = 0.3f };
        plain_loop(&s);
        for (s.threads = 1; s.threads <= 3; s.threads++) {
            rs_job_result r;
            s.output = tmp("job.mp4");
            CHECK_OK(rs_job_run(&s, NULL, NULL, NULL, &r, &err));
            CHECK_INT(r.frames, FRAMES);
            CHECK_INT(r.failed, RS_JOB_NONE);
            CHECK_INT(r.width, 16);
            same_bytes(tmp("plain.mp4"), tmp("job.mp4"));
        }
    }
    unlink(tmp("job.mp4"));
}

struct count {
    int calls, stop_at;
    int64_t frames;
};

static bool count_calls(void *cookie, const rs_job_progress *p)
{
    struct count *c = cookie;
    CHECK(c->calls < c->stop_at); /* false was the last word */
    CHECK(p->frame == c->frames || (p->frame == c->frames + 1 && p->step == 0));
    c->frames = p->frame;
    return ++c->calls < c->stop_at;
}

/* At every call of progress, that is at every step. */
static void cancelled_anywhere(void)
{
    const int all = FRAMES * (STEPS + 2), threads = n_threads();
    for (int folder = 0; folder <= 1; folder++) {
        for (int at = 1; at <= all; at++) {
            struct count c = { .stop_at = at };
            const rs_job_events events = { .progress = count_calls, .cookie = &c };
            rs_job_result r;
            const rs_pipeline_spec s = spec_of(clip, tmp(folder ? "new/frames/" : "new/out.mp4"));
            CHECK_INT(rs_job_run(&s, NULL, &events, NULL, &r, &err), RS_E_CANCELLED);
            CHECK_INT(c.calls, at);
            CHECK_INT(c.frames, at / (STEPS + 2));
            CHECK_INT(n_threads(), threads);
            if (folder) { /* pictures that are done are kept */
                CHECK_INT(r.frames, c.frames);
                CHECK_INT(n_entries(s.output), c.frames);
                for (int i = 1; i <= c.frames; i++) {
                    char name[64];
                    snprintf(name, sizeof(name), "new/frames/frame_%06d.png", i);
                    CHECK(unlink(tmp(name)) == 0);
                }
            } else {
                CHECK_INT(n_entries(tmp("new")), 0);
            }
        }
    }
    CHECK(rmdir(tmp("new/frames")) == 0);
}

/* A limit on the size of files fails the writer in its thread. */
static void output_fails(void)
{
    static const char *const outs[] = { "new/out.mp4", "new/frames/", "new/out.mkv" };
    struct rlimit before, low;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    low = before;
    for (int i = 0; i < 3; i++) {
        const int threads = n_threads();
        rs_pipeline_spec s = spec_of(clip, tmp(outs[i]));
        s.encode.crf = 0;
        s.size = (rs_size){ 64, 64 };
        rs_job_result r;
        low.rlim_cur = 2000;
        CHECK(setrlimit(RLIMIT_FSIZE, &low) == 0);
        const rs_status status = rs_job_run(&s, NULL, NULL, NULL, &r, &err);
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK_INT(status, RS_E_IO);
        CHECK_INT(r.failed, RS_JOB_OUTPUT);
        CHECK(strncmp(err.msg, "cannot write '", 14) == 0);
        CHECK_INT(n_threads(), threads);
        if (i == 1)
            CHECK(rmdir(tmp(outs[i])) == 0); /* the first picture did not fit */
        CHECK_INT(n_entries(tmp("new")), 0);
    }
}

/* What was read before a failure is restyled and written, then the failure is told. */
static void input_fails(void)
{
    rs_image im;
    CHECK_OK(rs_image_alloc(&im, 16, 16, &err));
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof(name), "in/%d.png", i);
        paint(&im, i);
        if (i == 4) /* damage would be passed over */
            CHECK(symlink("nowhere", tmp(name)) == 0);
        else
            CHECK_OK(rs_image_write_png(tmp(name), &im, NULL, &err));
    }
    rs_image_release(&im);
    const rs_pipeline_spec s = spec_of(tmp("in"), tmp("new/styled/"));
    rs_job_result r;
    CHECK_INT(rs_job_run(&s, NULL, NULL, NULL, &r, &err), RS_E_NOTFOUND);
    CHECK_INT(r.failed, RS_JOB_INPUT);
    CHECK_INT(r.frames, 3);
    CHECK(strstr(err.msg, "4.png") != NULL);
    CHECK_INT(n_entries(tmp("new/styled")), 3);
    for (int i = 1; i <= 3; i++) {
        char name[32];
        snprintf(name, sizeof(name), "new/styled/%d.png", i);
        CHECK(unlink(tmp(name)) == 0);
    }
    CHECK(rmdir(tmp("new/styled")) == 0);
}

/* Every allocation of a whole job fails once, whichever thread makes it. */
static void no_memory(void)
{
    char out[1024];
    rs_pipeline_spec s = spec_of(clip, tmpdir_path(out, sizeof(out), "new/out.mp4"));
    s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
    rs_status status = RS_E_NOMEM;
    for (int n = 0; status != RS_OK; n++) {
        const int threads = n_threads();
        rs_job_result r;
        err = (rs_err){ 0 };
        rs_alloc_fail_after(n);
        status = rs_job_run(&s, NULL, NULL, NULL, &r, &err);
        rs_alloc_fail_after(-1);
        if (status != RS_OK && (status != RS_E_NOMEM || !err.msg[0]))
            TEST_FAIL("allocation %d: %s: %s", n, rs_status_name(status), err.msg);
        CHECK_INT(n_threads(), threads);
        CHECK_INT(n_entries(tmp("new")), status == RS_OK);
        CHECK(n < 5000);
    }
    CHECK(unlink(out) == 0);
}

static const rs_job_options resumable = { .resumable = true };

/* One that goes on after each failing allocation, with what was made before it. */
static void no_memory_goes_on(void)
{
    rs_pipeline_spec s = spec_of(clip, tmp("new/out.mp4"));
    s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
    CHECK_OK(rs_job_run(&s, NULL, NULL, NULL, NULL, &err));
    CHECK(rename(tmp("new/out.mp4"), tmp("ref.mp4")) == 0);
    rs_status status = RS_E_NOMEM;
    rs_job_result r;
    int64_t resumed = 0;
    for (int n = 0; status != RS_OK; n += 1 + n / 100) {
        err = (rs_err){ 0 };
        s.output = tmp("new/out.mp4");
        rs_alloc_fail_after(n);
        status = rs_job_run(&s, &resumable, NULL, NULL, &r, &err);
        rs_alloc_fail_after(-1);
        if (status != RS_OK && (status != RS_E_NOMEM || !err.msg[0]))
            TEST_FAIL("allocation %d: %s: %s", n, rs_status_name(status), err.msg);
        CHECK(r.resumed >= resumed || status != RS_OK);
        resumed = r.resumed;
        CHECK(n < 5000);
    }
    CHECK(resumed > 0);
    same_bytes(tmp("new/out.mp4"), tmp("ref.mp4"));
    CHECK_INT(n_entries(tmp("new")), 1);
    CHECK(unlink(tmp("new/out.mp4")) == 0);
}

/* Cancelled at every few steps until it is through: frames that are done are not made again. */
static void cancelled_and_resumed(void)
{
    for (int folder = 0; folder <= 1; folder++) {
        const char *out = folder ? "new/frames/" : "new/out.mp4";
        rs_status status = RS_E_CANCELLED;
        int64_t made = 0, before = 0;
        int runs = 0;
        while (status == RS_E_CANCELLED) {
            struct count c = { .stop_at = STEPS + 4, .frames = 0 };
            const rs_job_events events = { .progress = count_calls, .cookie = &c };
            rs_pipeline_spec s = spec_of(clip, tmp(out));
            rs_job_result r;
            s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
            status = rs_job_run(&s, &resumable, runs < 2 * FRAMES ? &events : NULL, NULL, &r, &err);
            CHECK(status == RS_OK || status == RS_E_CANCELLED);
            CHECK(r.resumed >= before);
            before = r.resumed;
            made += r.frames - r.resumed;
            runs++;
        }
        CHECK(runs > 2);
        CHECK_INT(made, FRAMES);
        CHECK(folder || rs_is_file(tmp(out)));
        CHECK_INT(n_entries(tmp("new")), 1); /* the output, and no job */
        if (!folder)
            same_bytes(tmp(out), tmp("ref.mp4"));
        else
            CHECK_INT(n_entries(tmp(out)), FRAMES);
        if (!folder)
            CHECK(unlink(tmp(out)) == 0);
    }
}

static size_t allocations(const char *input)
{
    rs_pipeline_spec s = spec_of(input, tmp("new/out.mp4"));
    s.loopback = (rs_loopback_spec){ .enabled = true, .blend = 0.5f };
    const size_t before = rs_alloc_count();
    CHECK_OK(rs_job_run(&s, NULL, NULL, NULL, NULL, &err));
    return rs_alloc_count() - before;
}

/* Frames are recycled: more of them need no more memory. */
static void flat_memory(void)
{
    make_clip(tmp("short.mp4"), 10);
    make_clip(tmp("long.mp4"), 30);
    const size_t few = allocations(tmp("short.mp4")), many = allocations(tmp("long.mp4"));
    CHECK_INT(many, few);
    CHECK(unlink(tmp("new/out.mp4")) == 0);
}

int main(void)
{
    tmpdir_open();
    make_clip(tmpdir_path(clip, sizeof(clip), "clip.mp4"), FRAMES);
    CHECK_OK(rs_make_dirs(tmp("new"), &err));
    TEST_RUN(same_as_a_plain_loop);
    TEST_RUN(cancelled_anywhere);
    TEST_RUN(output_fails);
    TEST_RUN(input_fails);
    TEST_RUN(no_memory);
    TEST_RUN(no_memory_goes_on);
    TEST_RUN(cancelled_and_resumed);
    TEST_RUN(flat_memory);
    tmpdir_close();
    return 0;
}
