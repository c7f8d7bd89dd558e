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
    int64_t off = 0, dts = p->dts != AV_NOPTS_VALUE ? p->dts : p->pts;
    if (!c->jumps)
        return false;
    if ((unsigned)i < c->n && is_timed(fmt->streams[i]) && dts != AV_NOPTS_VALUE) {
        int64_t t = av_rescale_q(dts, tb, AV_TIME_BASE_Q) + c->offset;
        off = jump(c, i, t);
        c->offset -= off;
        t -= off;
        c->last[i] = t;
        c->next[i] = t + av_rescale_q(p->duration, tb, AV_TIME_BASE_Q);
        c->latest = c->latest == AV_NOPTS_VALUE || c->next[i] > c->latest ? c->next[i] : c->latest;
    }
    const int64_t shift = av_rescale_q(c->offset, AV_TIME_BASE_Q, tb);
    if (p->pts != AV_NOPTS_VALUE)
        p->pts += shift;
    if (p->dts != AV_NOPTS_VALUE)
        p->dts += shift;
    return off != 0;
}
