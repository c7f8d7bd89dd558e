/* Memory: every allocation of ours may fail, and long films need no more than
 * short ones. */
#include "base/mem.h"
#include "media/media.h"
#include "tests/unit/media/media_test.h"

/* Fails the Nth allocation for N = 0, 1, ... until the job gets through. */
static void torture(rs_status (*job)(rs_err *), const char *name)
{
    int n = 0;
    for (;; n++) {
        rs_err err = { 0 };
        rs_alloc_fail_after(n);
        const rs_status s = job(&err);
        rs_alloc_fail_after(-1);
        if (s == RS_OK)
            break;
        if (s != RS_E_NOMEM || !err.msg[0])
            TEST_FAIL("%s, allocation %d: %s: %s", name, n, rs_status_name(s), err.msg);
        CHECK(n < 1000);
    }
    CHECK(n > 0);
}

static rs_status read_png(rs_err *err)
{
    rs_image im = { 0 };
    const rs_status s = rs_image_read(GOLDEN("source.png"), &im, err);
    CHECK(s == RS_OK || !im.rgb);
    rs_image_release(&im);
    return s;
}

static rs_status read_jpeg(rs_err *err)
{
    rs_image im = { 0 };
    const rs_status s = rs_image_read(GOLDEN("oriented.jpg"), &im, err);
    rs_image_release(&im);
    return s;
}

static rs_status read_films(rs_err *err)
{
    static const char *const films[] = { GOLDEN("anim_lossy.webp"),
                                         RS_SOURCE_DIR "/tests/golden/media" };
    rs_status s = RS_OK;
    for (int i = 0; i < 2 && s == RS_OK; i++) {
        rs_source *in = NULL;
        rs_frame f = { 0 };
        bool end = false;
        s = rs_source_open(films[i], NULL, &in, err);
        for (int k = 0; k < 2 && s == RS_OK; k++)
            s = rs_source_next(in, &f, &end, err);
        rs_frame_release(&f);
        rs_source_close(&in);
    }
    return s;
}

static rs_image wide, narrow; /* made before the allocations fail */

static rs_status resize(rs_err *err)
{
    return rs_image_resize(&narrow, &wide, RS_RESIZE_FILL, err);
}

static rs_status write_to(const char *name, rs_err *err)
{
    rs_sink *out = NULL;
    rs_sink_options o = { .width = wide.width,
                          .height = wide.height,
                          .rate = { 25, 1 },
                          .time_base = { 1, 25 },
                          .crf = -1,
                          .overwrite = true,
                          .copy_from = CLIP,
                          .copy = RS_COPY_AUDIO | RS_COPY_METADATA };
    rs_frame f = { .image = wide };
    rs_status s = rs_sink_open(tmp(name), &o, &out, err);
    if (s == RS_OK)
        s = rs_sink_write(out, &f, err);
    if (s == RS_OK)
        return rs_sink_close(&out, true, err);
    rs_sink_close(&out, false, NULL);
    CHECK(!exists(tmp(name)));
    return s;
}

static rs_status write_film(rs_err *err)
{
    return write_to("t.mp4", err);
}

static rs_status write_png(rs_err *err)
{
    return write_to("t.png", err);
}

static void every_allocation_fails(void)
{
    rs_err err = { 0 };
    CHECK_OK(rs_image_alloc(&wide, 120, 40, &err));
    CHECK_OK(rs_image_alloc(&narrow, 30, 30, &err));
    paint(&wide, 0);
    torture(read_png, "read_png");
    torture(read_jpeg, "read_jpeg");
    torture(read_films, "read_films");
    torture(resize, "resize");
    torture(write_film, "write_film");
    torture(write_png, "write_png");
    rs_image_release(&wide);
    rs_image_release(&narrow);
}

/* After the first frames nothing more is allocated, neither reading nor writing. */
static void streaming(void)
{
    rs_err err = { 0 };
    rs_source *in = NULL;
    rs_sink *out = NULL;
    rs_frame f = { 0 };
    rs_sink_options o;
    bool end;
    CHECK_OK(rs_source_open(CLIP, NULL, &in, &err));
    rs_sink_options_from(&o, rs_source_get_info(in));
    o.preset = "ultrafast";
    CHECK_OK(rs_sink_open(tmp("s.mp4"), &o, &out, &err));
    size_t start = 0;
    for (int i = 0; i < 20; i++) {
        if (i == 2)
            start = rs_alloc_count();
        CHECK_OK(rs_source_next(in, &f, &end, &err));
        CHECK_OK(rs_sink_write(out, &f, &err));
    }
    CHECK_INT(rs_alloc_count() - start, 0);
    CHECK_OK(rs_sink_close(&out, true, &err));
    rs_source_close(&in);
    rs_frame_release(&f);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(every_allocation_fails);
    TEST_RUN(streaming);
    tmpdir_close();
    return 0;
}
