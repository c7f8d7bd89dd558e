/* bwdif keeps its own times; a frame's best_effort_timestamp passes through unchanged. */
#include "media/deinterlace.h"

#include <stdio.h>

#include "base/err.h"

void rs_deinterlacer_reset(rs_deinterlacer *d)
{
    rs_filter_graph_close(&d->graph);
    d->flushed = false;
}

static rs_status open_graph(rs_deinterlacer *d, const AVFrame *f, rs_err *err)
{
    char text[80];
    d->kind = (rs_filter_kind){ f->width, f->height, (enum AVPixelFormat)f->format, d->time_base, { 0, 1 },
                                f->sample_aspect_ratio };
    rs_filter_kind out = { .format = (enum AVPixelFormat)f->format };
    snprintf(text, sizeof(text), "bwdif=mode=send_frame:parity=auto:deint=%s",
             d->how == RS_DEINTERLACE_ALWAYS ? "all" : "interlaced");
    return rs_filter_graph_open(text, NULL, &d->kind, &out, &d->graph, err);
}

static bool needs_graph(const rs_deinterlacer *d, const AVFrame *f)
{
    return !d->graph && (d->how == RS_DEINTERLACE_ALWAYS ||
                         (d->how == RS_DEINTERLACE_AUTO && f->interlaced_frame));
}

static void tell(const rs_deinterlacer *d, const AVFrame *f)
{
    if (f->interlaced_frame)
        RS_WARN(d->log, "'%s' is interlaced (%s field first): its fields are made whole frames (deinterlace: "
                "never leaves them)", d->path, f->top_field_first ? "top" : "bottom");
}

/* The graph of the first interlaced frame, when this one needs it. False: d->why. */
static bool prepare(rs_deinterlacer *d, const AVFrame *f)
{
    const rs_filter_kind *k = &d->kind;
    if (needs_graph(d, f)) {
        if (open_graph(d, f, &d->why) != RS_OK)
            return false;
        tell(d, f);
    }
    if (!d->graph || (f->width == k->width && f->height == k->height && f->format == (int)k->format))
        return true;
    rs_err_set(&d->why, RS_E_UNSUPPORTED, "'%s' is interlaced and changes its size or pixel format: set "
               "deinterlace: never", d->path);
    return false;
}

int rs_deinterlacer_receive(rs_deinterlacer *d, AVCodecContext *dec, AVFrame *frame)
{
    for (;;) {
        int e = d->graph ? rs_filter_graph_pull(d->graph, frame) : AVERROR(EAGAIN);
        if (e != AVERROR(EAGAIN) || d->flushed)
            return e;
        e = avcodec_receive_frame(dec, frame);
        if (e >= 0 && !prepare(d, frame)) {
            av_frame_unref(frame);
            return AVERROR_EXTERNAL;
        }
        if (!d->graph || (e < 0 && e != AVERROR_EOF))
            return e;
        d->flushed = e == AVERROR_EOF;
        if (!d->flushed)
            frame->pts = frame->best_effort_timestamp;
        e = rs_filter_graph_push(d->graph, d->flushed ? NULL : frame);
        av_frame_unref(frame);
        if (e < 0)
            return e;
    }
}
