/* Ranges and rates over a film of numbered frames, whose number is its red. */
#include "media/reel.h"
#include "tests/lib/test.h"

enum { MAX_FRAMES = 64 };

struct film {
    const int *pts; /* n of them, and the end of the last */
    int n, next;
};

static rs_status next_frame(void *cookie, rs_frame *f, bool *end, rs_err *err)
{
    struct film *film = cookie;
    *end = film->next == film->n;
    if (*end)
        return RS_OK;
    if (!f->image.rgb)
        RS_TRY(rs_image_alloc(&f->image, 1, 1, err));
    const int i = film->next++;
    f->image.rgb[0] = (float)i;
    f->index = i;
    f->pts = film->pts[i];
    f->duration = film->pts[i + 1] - film->pts[i];
    return RS_OK;
}

static rs_status skip_to(void *cookie, rs_moment to, bool by_number, rs_err *err)
{
    (void)cookie, (void)to, (void)by_number, (void)err;
    return RS_OK;
}

static rs_status time_of(void *cookie, int64_t n, int64_t *us, rs_err *err)
{
    const struct film *film = cookie;
    (void)err;
    *us = film->pts[n < film->n ? n : film->n] * INT64_C(10000);
    return RS_OK;
}

static int64_t cut_end; /* of the film of the latest frames_of */

/* "number@pts+duration" of each frame. */
static const char *frames_of(const int *pts, int n, rs_source_kind kind, rs_timeline t)
{
    static char text[MAX_FRAMES * 16];
    struct film film = { pts, n, 0 };
    rs_source_info info = { .kind = kind, .width = 1, .height = 1, .rate = { 10, 1 }, .time_base = { 1, 100 },
                            .n_frames = n, .path = "film" };
    rs_err err = { 0 };
    rs_reel *reel = NULL;
    rs_frame f = { 0 };
    bool end = false;
    size_t at = 0;
    text[0] = '\0';
    const rs_reel_feed feed = { next_frame, skip_to, time_of, &film, &info, false };
    const rs_status s = rs_reel_open(&t, feed, NULL, NULL, &reel, &err);
    if (s != RS_OK) {
        CHECK_INT(s, RS_E_INVALID);
        return "none";
    }
    cut_end = rs_reel_info(reel)->cut.end;
    for (int i = 0;; i++) {
        CHECK_OK(rs_reel_next(reel, &f, &end, &err));
        if (end)
            break;
        CHECK_INT(f.index, i);
        at += (size_t)snprintf(text + at, sizeof(text) - at, " %d@%d+%d", (int)f.image.rgb[0], (int)f.pts,
                               (int)f.duration);
    }
    CHECK_OK(rs_reel_next(reel, &f, &end, &err));
    CHECK(end);
    rs_frame_release(&f);
    rs_reel_close(&reel);
    return text;
}

static const int even[] = { 0, 10, 20, 30, 40, 50, 60 };
static const int uneven[] = { 0, 10, 50, 53, 60, 75 };

static rs_moment frame(int n)
{
    return (rs_moment){ RS_MOMENT_FRAME, n };
}

static rs_moment ms(int n)
{
    return (rs_moment){ RS_MOMENT_TIME, n * 1000 };
}

static void ranges(void)
{
    static const struct { rs_range range; const char *want; } cases[] = {
        { { .every = 1 }, " 0@0+10 1@10+10 2@20+10 3@30+10 4@40+10 5@50+10" },
        { { .start = { RS_MOMENT_FRAME, 2 }, .end = { RS_MOMENT_FRAME, 4 } }, " 2@0+10 3@10+10" },
        { { .start = { RS_MOMENT_FRAME, 4 }, .end = { RS_MOMENT_FRAME, 99 } }, " 4@0+10 5@10+10" },
        { { .end = { RS_MOMENT_FRAME, 1 } }, " 0@0+10" },
        { { .start = { RS_MOMENT_TIME, 200000 }, .end = { RS_MOMENT_TIME, 300000 } }, " 2@0+10" },
        { { .start = { RS_MOMENT_TIME, 200001 }, .end = { RS_MOMENT_TIME, 300001 } }, " 3@0+10" },
        { { .start = { RS_MOMENT_FRAME, 1 }, .end = { RS_MOMENT_TIME, 400000 } }, " 1@0+10 2@10+10 3@20+10" },
        { { .start = { RS_MOMENT_FRAME, 6 } }, "none" },
        { { .start = { RS_MOMENT_TIME, 600000 } }, "none" },
        { { .every = 2 }, " 0@0+20 2@20+20 4@40+20" },
        { { .every = 4 }, " 0@0+40 4@40+20" },
        { { .every = 9 }, " 0@0+60" },
        { { .start = { RS_MOMENT_FRAME, 1 }, .end = { RS_MOMENT_FRAME, 6 }, .every = 3 }, " 1@0+30 4@30+20" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(frames_of(even, 6, RS_SOURCE_VIDEO, (rs_timeline){ .range = cases[i].range }),
                  cases[i].want);
    CHECK_STR(frames_of(uneven, 5, RS_SOURCE_VIDEO, (rs_timeline){ .range = { ms(100), frame(4), 2 } }),
              " 1@0+43 3@43+7");
    CHECK_INT(cut_end, 600000); /* when frame 4 begins, not 4 tenths */
    frames_of(uneven, 5, RS_SOURCE_VIDEO, (rs_timeline){ .range = { .end = frame(9), .every = 1 } });
    CHECK_INT(cut_end, 750000);
}

static void rates(void)
{
    const rs_timeline same = { .fps = { 10, 1 } }, half = { .fps = { 5, 1 } }, twice = { .fps = { 20, 1 } },
                      odd = { .fps = { 15, 1 } }, slow = { .fps = { 1, 10 } };
    CHECK_STR(frames_of(even, 6, RS_SOURCE_VIDEO, same), " 0@0+1 1@1+1 2@2+1 3@3+1 4@4+1 5@5+1");
    CHECK_STR(frames_of(even, 4, RS_SOURCE_VIDEO, twice), " 0@0+1 0@1+1 1@2+1 1@3+1 2@4+1 2@5+1 3@6+1 3@7+1");
    /* 0, 0.5, 1, 1.5, ... of the new frames: halves up, the last that meet is shown */
    CHECK_STR(frames_of(even, 6, RS_SOURCE_VIDEO, half), " 0@0+1 2@1+1 4@2+1");
    CHECK_STR(frames_of(even, 3, RS_SOURCE_VIDEO, odd), " 0@0+1 0@1+1 1@2+1 2@3+1 2@4+1");
    CHECK_STR(frames_of(uneven, 5, RS_SOURCE_VIDEO, same),
              " 0@0+1 1@1+1 1@2+1 1@3+1 1@4+1 3@5+1 4@6+1 4@7+1");
    CHECK_STR(frames_of(even, 6, RS_SOURCE_VIDEO, slow), " 5@0+1"); /* a film has a frame */
    /* pictures have no times of their own: theirs are left, in the new unit */
    CHECK_STR(frames_of(even, 2, RS_SOURCE_FOLDER, half), " 0@0+10 1@10+10");
    CHECK_STR(frames_of(even, 6, RS_SOURCE_VIDEO,
                        (rs_timeline){ .fps = { 10, 1 }, .range = { frame(1), frame(5), 2 } }),
              " 1@0+1 1@1+1 3@2+1 3@3+1");
}

int main(void)
{
    TEST_RUN(ranges);
    TEST_RUN(rates);
    return 0;
}
