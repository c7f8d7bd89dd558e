/* Packets come in the order of decoding, which is a few frames away from that of showing; the
 * smallest of a window of times is the next one shown. */
#include "media/frame_time.h"

#include <stdbool.h>

#include "media/av_util.h"

/* More than any codec reorders: H.264 and HEVC have 16 pictures. */
enum { WINDOW = 32 };

struct window {
    int64_t v[WINDOW + 1]; /* rising */
    int n;
};

static void put(struct window *w, int64_t t)
{
    int at = w->n++;
    for (; at > 0 && w->v[at - 1] > t; at--)
        w->v[at] = w->v[at - 1];
    w->v[at] = t;
}

static int64_t take(struct window *w)
{
    const int64_t t = w->v[0];
    w->n--;
    for (int i = 0; i < w->n; i++)
        w->v[i] = w->v[i + 1];
    return t;
}

/* The time of each packet in turn; what is not shown (an edit list's) passes by. False: no more. */
static bool next_time(AVFormatContext *fmt, int stream, AVPacket *p, int64_t *time, int64_t *end)
{
    bool truncated = false;
    while (rs_av_read(fmt, p, &truncated) >= 0) {
        const int64_t t = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
        const bool ours =
            p->stream_index == stream && !(p->flags & AV_PKT_FLAG_DISCARD) && t != AV_NOPTS_VALUE;
        if (ours && t + p->duration > *end)
            *end = t + p->duration;
        av_packet_unref(p);
        *time = t;
        if (ours)
            return true;
    }
    return false;
}

static int64_t find(AVFormatContext *fmt, int stream, AVPacket *p, int64_t n)
{
    struct window w = { .n = 0 };
    int64_t t, end = INT64_MIN, n_taken = 0;
    bool more = true;
    while ((more = more && next_time(fmt, stream, p, &t, &end)) || w.n > 0) {
        if (more)
            put(&w, t);
        if (more && w.n <= WINDOW)
            continue;
        t = take(&w);
        if (n_taken++ == n)
            return t;
    }
    return end;
}

rs_status rs_frame_time(const char *path, const rs_stop *stop, int64_t n, int64_t *us, rs_err *err)
{
    AVFormatContext *fmt = NULL;
    AVPacket *p = av_packet_alloc();
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    rs_status s = rs_av_open_input(path, stop, &fmt, err);
    const int stream = s == RS_OK ? av_find_best_stream(fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0) : -1;
    if (s == RS_OK && stream < 0)
        s = RS_FAIL(err, RS_E_FORMAT, "'%s' has no video stream", path);
    if (s == RS_OK) {
        const AVRational tb = fmt->streams[stream]->time_base;
        for (unsigned i = 0; i < fmt->nb_streams; i++)
            fmt->streams[i]->discard = (int)i == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
        const int64_t t = find(fmt, stream, p, n);
        *us = t == INT64_MIN ? 0 : av_rescale_q(t - rs_av_start(fmt, tb), tb, AV_TIME_BASE_Q);
    }
    av_packet_free(&p);
    avformat_close_input(&fmt);
    return s;
}
