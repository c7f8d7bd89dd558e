#include "media/second_look.h"

#include "base/mem.h"

struct rs_second_look {
    AVCodecContext *dec;
    AVFrame *frame;
    bool waits;  /* for a key frame */
    bool knows;  /* it has read one: what it cannot read is damaged, and not of a kind unknown to it */
};

static const AVCodec *decoder_for(enum AVCodecID id)
{
    return id == AV_CODEC_ID_VP9   ? avcodec_find_decoder_by_name("libvpx-vp9")
           : id == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name("libaom-av1")
                                   : NULL;
}

rs_second_look *rs_second_look_open(const AVStream *stream, const AVCodec *first)
{
    const AVCodec *codec = decoder_for(stream->codecpar->codec_id);
    if (!codec || codec == first)
        return NULL;
    rs_second_look *l = rs_calloc(sizeof(*l));
    if (!l)
        return NULL;
    l->frame = av_frame_alloc();
    l->dec = avcodec_alloc_context3(codec);
    l->waits = true;
    if (!l->frame || !l->dec || avcodec_parameters_to_context(l->dec, stream->codecpar) < 0)
        rs_second_look_close(&l);
    if (l) {
        l->dec->thread_count = 1;
        l->dec->pkt_timebase = stream->time_base;
    }
    if (l && avcodec_open2(l->dec, codec, NULL) < 0)
        rs_second_look_close(&l);
    return l;
}

void rs_second_look_close(rs_second_look **look)
{
    if (!look || !*look)
        return;
    av_frame_free(&(*look)->frame);
    avcodec_free_context(&(*look)->dec);
    rs_free(*look);
    *look = NULL;
}

bool rs_second_look_is_whole(rs_second_look *l, const AVPacket *packet)
{
    if (!l || (l->waits && !(packet->flags & AV_PKT_FLAG_KEY)))
        return true;
    int e = avcodec_send_packet(l->dec, packet);
    while (e >= 0) {
        e = avcodec_receive_frame(l->dec, l->frame);
        l->knows = l->knows || e >= 0;
        av_frame_unref(l->frame);
    }
    l->waits = e != AVERROR(EAGAIN) && e != AVERROR_EOF;
    return !l->waits || !l->knows || e == AVERROR(ENOMEM);
}

void rs_second_look_jump(rs_second_look *l)
{
    if (l)
        l->waits = true;
}
