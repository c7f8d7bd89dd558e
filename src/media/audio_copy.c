#include "media/audio_copy.h"

#include <string.h>

#include <libavcodec/avcodec.h>

#include "base/mem.h"
#include "media/av_util.h"

struct track {
    AVStream *to; /* NULL: not copied */
    int64_t start, delta_state;
};

struct rs_audio_copy {
    AVFormatContext *in;
    AVPacket *pkt;
    struct track *tracks; /* by input stream */
    bool pending;         /* pkt waits for its time */
    bool done;
    char path[512]; /* for messages */
};

void rs_audio_copy_close(rs_audio_copy **copy)
{
    if (!copy || !*copy)
        return;
    rs_audio_copy *c = *copy;
    av_packet_free(&c->pkt);
    avformat_close_input(&c->in);
    rs_free(c->tracks);
    rs_free(c);
    *copy = NULL;
}

static rs_status add_track(rs_audio_copy *c, AVFormatContext *out, unsigned i, rs_err *err)
{
    const AVStream *from = c->in->streams[i];
    struct track *t = &c->tracks[i];
    if (avformat_query_codec(out->oformat, from->codecpar->codec_id, FF_COMPLIANCE_NORMAL) == 0)
        return RS_FAIL(
            err, RS_E_UNSUPPORTED,
            "'%s' files cannot hold the sound of '%s' (%s): set audio: none, or write to "
            "another container such as .mkv",
            out->oformat->name, c->path, avcodec_get_name(from->codecpar->codec_id));
    t->to = avformat_new_stream(out, NULL);
    if (!t->to || avcodec_parameters_copy(t->to->codecpar, from->codecpar) < 0 ||
        av_dict_copy(&t->to->metadata, from->metadata, 0) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the sound of '%s'", c->path);
    t->to->codecpar->codec_tag = 0; /* numbered anew by the container */
    t->to->time_base = from->time_base;
    t->to->disposition = from->disposition;
    t->start = rs_av_start(c->in, from->time_base);
    t->delta_state = AV_NOPTS_VALUE;
    return RS_OK;
}

rs_status rs_audio_copy_open(const char *path, AVFormatContext *out, rs_audio_copy **copy,
                             rs_err *err)
{
    rs_audio_copy *c = rs_calloc(sizeof(*c));
    if (!c)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the sound of '%s'", path);
    strncpy(c->path, path, sizeof(c->path) - 1);
    rs_status s = rs_av_open_input(path, &c->in, err);
    if (s == RS_OK) {
        c->pkt = av_packet_alloc();
        c->tracks = rs_calloc(c->in->nb_streams * sizeof(c->tracks[0]));
        if (!c->pkt || !c->tracks)
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to copy the sound of '%s'", path);
    }
    c->done = true;
    for (unsigned i = 0; s == RS_OK && i < c->in->nb_streams; i++) {
        if (c->in->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            s = add_track(c, out, i, err);
            c->done = false;
        } else {
            c->in->streams[i]->discard = AVDISCARD_ALL;
        }
    }
    if (s == RS_OK)
        *copy = c;
    else
        rs_audio_copy_close(&c);
    return s;
}

/* To the output's time base. Where the input's is coarser than a sample (1 ms in
 * Matroska), rounding each packet alone would make gaps: av_rescale_delta keeps
 * count of the samples. */
static void retime(AVPacket *p, const AVStream *from, struct track *t)
{
    const AVRational in = from->time_base, out = t->to->time_base;
    const int rate = from->codecpar->sample_rate;
    if (p->pts != AV_NOPTS_VALUE)
        p->pts -= t->start;
    if (p->dts != AV_NOPTS_VALUE)
        p->dts -= t->start;
    const int samples = av_get_audio_frame_duration2(from->codecpar, p->size);
    if (rate > 0 && samples > 0 && p->dts != AV_NOPTS_VALUE &&
        (int64_t)in.num * rate > in.den) {
        p->dts =
            av_rescale_delta(in, p->dts, (AVRational){ 1, rate }, samples, &t->delta_state, out);
        p->pts = p->dts;
        p->duration = av_rescale_q(p->duration, in, out);
    } else {
        av_packet_rescale_ts(p, in, out);
    }
    p->pos = -1;
    p->stream_index = t->to->index;
}

/* The next audio packet into c->pkt, or c->done. */
static rs_status fetch(rs_audio_copy *c, rs_err *err)
{
    while (!c->pending && !c->done) {
        const int e = av_read_frame(c->in, c->pkt);
        if (e == AVERROR_EOF)
            c->done = true;
        else if (e < 0 && e != AVERROR(EAGAIN))
            return rs_av_fail(err, RS_E_CORRUPT, e, "cannot read the sound of '%s'", c->path);
        else if (e >= 0 && c->tracks[c->pkt->stream_index].to)
            c->pending = true;
        else if (e >= 0)
            av_packet_unref(c->pkt);
    }
    return RS_OK;
}

rs_status rs_audio_copy_write(rs_audio_copy *c, AVFormatContext *out, int64_t until, rs_err *err)
{
    for (;;) {
        RS_TRY(fetch(c, err));
        if (c->done)
            return RS_OK;
        const AVStream *from = c->in->streams[c->pkt->stream_index];
        struct track *t = &c->tracks[c->pkt->stream_index];
        const int64_t ts = c->pkt->dts;
        if (until != INT64_MAX && ts != AV_NOPTS_VALUE &&
            av_rescale_q(ts - t->start, from->time_base, AV_TIME_BASE_Q) >= until)
            return RS_OK;
        retime(c->pkt, from, t);
        c->pending = false;
        const int e = av_interleaved_write_frame(out, c->pkt); /* takes the data over */
        if (e < 0)
            return rs_av_fail(err, RS_E_IO, e, "cannot write the sound of '%s'", c->path);
    }
}
