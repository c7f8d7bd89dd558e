#include "media/packet_clock.h"

#include "base/mem.h"

#define GAP (10 * AV_TIME_BASE)
#define BACK (AV_TIME_BASE / 10) /* less is disorder, which the reader of pictures mends */

rs_status rs_packet_clock_init(rs_packet_clock *c, const AVFormatContext *fmt, rs_err *err)
{
    *c = (rs_packet_clock){ .jumps = fmt->iformat->flags & AVFMT_TS_DISCONT, .latest = AV_NOPTS_VALUE,
                            .n = fmt->nb_streams };
    if (!c->jumps)
        return RS_OK;
    c->last = rs_alloc(2 * (size_t)c->n * sizeof(int64_t));
    if (!c->last)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read packets");
    c->next = c->last + c->n;
    for (unsigned i = 0; i < 2 * c->n; i++)
        c->last[i] = AV_NOPTS_VALUE;
    return RS_OK;
}

void rs_packet_clock_release(rs_packet_clock *c)
{
    rs_free(c->last);
    *c = (rs_packet_clock){ 0 };
}

/* A file's times are any numbers. */
#define SANE (INT64_MAX / 8)

static bool is_sane(int64_t us)
{
    return us > -SANE && us < SANE;
}

static int64_t shifted(int64_t t, int64_t by)
{
    int64_t sum;
    return t == AV_NOPTS_VALUE || __builtin_add_overflow(t, by, &sum) ? t : sum;
}

static bool is_timed(const AVStream *s)
{
    const enum AVMediaType type = s->codecpar->codec_type;
    return type == AVMEDIA_TYPE_AUDIO || (type == AVMEDIA_TYPE_VIDEO &&
                                          !(s->disposition & AV_DISPOSITION_ATTACHED_PIC));
}

/* How far t, of a packet of this stream, is from where it should be; 0: it is right. */
static int64_t jump(const rs_packet_clock *c, int i, int64_t t)
{
    if (c->latest == AV_NOPTS_VALUE)
        return 0;
    if (c->last[i] != AV_NOPTS_VALUE && t < c->last[i] - BACK)
        return t - c->next[i];
    if (t > c->latest + GAP || (c->last[i] == AV_NOPTS_VALUE && t < c->latest - GAP))
        return t - (c->next[i] != AV_NOPTS_VALUE ? c->next[i] : c->latest);
    return 0;
}

bool rs_packet_clock_set(rs_packet_clock *c, const AVFormatContext *fmt, AVPacket *p)
{
    const AVRational tb = fmt->streams[p->stream_index]->time_base;
    const int i = p->stream_index;
    if (!c->jumps)
        return false;
    int64_t off = 0, us = av_rescale_q(p->dts != AV_NOPTS_VALUE ? p->dts : p->pts, tb, AV_TIME_BASE_Q);
    const int64_t duration = av_rescale_q(p->duration, tb, AV_TIME_BASE_Q);
    if ((unsigned)i < c->n && is_timed(fmt->streams[i]) && is_sane(us) && is_sane(duration) &&
        is_sane(c->offset)) {
        us += c->offset;
        off = jump(c, i, us);
        c->offset -= off;
        c->last[i] = us - off;
        c->next[i] = us - off + duration;
        c->latest = c->latest == AV_NOPTS_VALUE || c->next[i] > c->latest ? c->next[i] : c->latest;
    }
    const int64_t shift = av_rescale_q(c->offset, AV_TIME_BASE_Q, tb);
    p->pts = shifted(p->pts, shift);
    p->dts = shifted(p->dts, shift);
    return off != 0;
}
