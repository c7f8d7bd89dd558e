/* FFmpeg does not tell which filters look at more than one frame, and of a program nobody knows:
 * it is tried, once for each timeline, with a picture alone and the same one behind another. */
#include "job/sheet_after.h"

#include <string.h>

#include "base/err.h"
#include "media/frame_chain.h"

/* n frames through a chain of its own. *n_made: how many come out, counted up to n + 1; made: the last. */
static rs_status send(const rs_stop *stop, const rs_timeline *t, rs_stage_format *format,
                      const rs_frame *in, int n, rs_frame *made, int *n_made, rs_err *err)
{
    rs_frame_chain *chain = NULL;
    *n_made = 0;
    RS_TRY(rs_frame_chain_open(t, RS_CHAIN_AFTER, format, NULL, stop, &chain, err));
    rs_status s = RS_OK;
    for (int i = 0; s == RS_OK && i <= n && *n_made <= n; i++) {
        bool got = true;
        s = rs_frame_chain_push(chain, i < n ? &in[i] : NULL, err);
        while (s == RS_OK && got && *n_made <= n) {
            s = rs_frame_chain_pull(chain, made, &got, err);
            *n_made += s == RS_OK && got;
        }
    }
    rs_frame_chain_close(&chain);
    return s;
}

static float noise(size_t i)
{
    return (float)((uint32_t)i * 2654435761u >> 16) / 65535.0f;
}

/* Two that are alike, as frames in a row are: a filter in time mixes such. */
static rs_status make_noise(rs_image *image, const rs_stage_format *f, float part, rs_err *err)
{
    RS_TRY(rs_image_alloc(image, f->width, f->height, err));
    const size_t n = (size_t)f->width * (size_t)f->height * 3;
    for (size_t i = 0; i < n; i++)
        image->rgb[i] = 0.2f + 0.6f * ((1 - part) * noise(i) + part * noise(i + n));
    return RS_OK;
}

static bool same_picture(const rs_image *a, const rs_image *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3 * sizeof(float)) == 0;
}

/* Pictures of frame's time, and of the one before it. */
static rs_status try_both(rs_sheet_after *a, const rs_timeline *t, const rs_frame *frame,
                          const rs_stage_format *format, rs_frame two[2], rs_err *err)
{
    int n_alone, n_behind = 0;
    rs_stage_format f = *format, g = *format;
    for (int i = 0; i < 2; i++) {
        two[i].index = i;
        two[i].duration = frame->duration;
        two[i].pts = frame->pts + i * frame->duration;
        RS_TRY(make_noise(&two[i].image, format, 0.1f * (float)i, err));
    }
    RS_TRY(send(a->stop, t, &f, &two[1], 1, &a->alone, &n_alone, err));
    if (n_alone == 1)
        RS_TRY(send(a->stop, t, &g, two, 2, &a->behind, &n_behind, err));
    a->shown = n_behind == 2 && same_picture(&a->alone.image, &a->behind.image);
    return RS_OK;
}

static rs_status try_it(rs_sheet_after *a, const rs_timeline *t, const rs_frame *frame,
                        const rs_stage_format *format, rs_err *err)
{
    rs_frame two[2] = { 0 };
    const rs_status s = try_both(a, t, frame, format, two, err);
    rs_frame_release(&two[0]);
    rs_frame_release(&two[1]);
    RS_TRY(s);
    a->tried = t;
    if (!a->shown && !a->told)
        RS_WARN(a->log, "%s works on more than one frame at a time: pictures are shown without it",
                t->filters.after ? "filters.after" : "exec");
    a->told = a->told || !a->shown;
    return RS_OK;
}

rs_status rs_sheet_after_run(rs_sheet_after *a, const rs_timeline *timeline, const rs_frame *frame,
                             rs_stage_format *format, rs_image *picture, rs_err *err)
{
    int n;
    if (!rs_frame_chain_has(timeline, RS_CHAIN_AFTER))
        return RS_OK;
    if (a->tried != timeline)
        RS_TRY(try_it(a, timeline, frame, format, err));
    if (!a->shown)
        return RS_OK;
    rs_frame in = *frame;
    in.image = *picture;
    RS_TRY(send(a->stop, timeline, format, &in, 1, &a->made, &n, err));
    if (n != 1)
        return RS_FAIL(err, RS_E_INVALID, "filters.after and exec make %s picture of frame %lld",
                       n ? "more than one" : "no", (long long)frame->index + 1);
    *picture = a->made.image;
    a->made.image = in.image;
    return RS_OK;
}

void rs_sheet_after_release(rs_sheet_after *a)
{
    rs_frame_release(&a->made);
    rs_frame_release(&a->alone);
    rs_frame_release(&a->behind);
}
