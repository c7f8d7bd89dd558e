/* Demultiplexing and decoding. FFmpeg is lenient: it conceals damaged slices,
 * and takes the early end of a file for the end. A restyled half of a film
 * without a word would be worse than an error, so this reader asks at each step
 * whether something was wrong, delivers what was whole, and then says where.
 *
 * The decoder runs on one thread: its cost is nothing beside the model's, and
 * the place of a damage is then exact. */
#include "media/av_in.h"

#include <inttypes.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "base/fs.h"
#include "base/mem.h"
#include "media/av_pixels.h"
#include "media/av_util.h"
#include "media/mkv_size.h"

/* What a header may ask for before a byte of picture is seen: 16384 x 16384. */
#define MAX_PIXELS (INT64_C(1) << 28)

struct rs_av_in {
    rs_source_info info;
    char *path;
    const rs_log *log;
    AVFormatContext *fmt;
    AVCodecContext *dec;
    AVStream *st;
    AVPacket *pkt;
    AVFrame *next;      /* the first frame, decoded by open; then scratch */
    bool have_next;
    rs_av_pixels pixels;
    bool still;
    int64_t start;      /* subtracted from timestamps, in the stream's time base */
    int64_t n_packets, n_frames;
    int64_t last_pts;
    int64_t end_us;     /* where the latest packet of any stream ends */
    bool seen_key;      /* damage before the first key frame is the start of a cut */
    bool flushed;       /* the decoder was told that nothing more comes */
    int damage;         /* FFmpeg's error that ended reading; 0: none */
    const char *damage_text;
};

const rs_source_info *rs_av_in_info(const rs_av_in *in)
{
    return &in->info;
}

void rs_av_in_close(rs_av_in **in)
{
    if (!in || !*in)
        return;
    rs_av_in *a = *in;
    av_frame_free(&a->next);
    av_packet_free(&a->pkt);
    avcodec_free_context(&a->dec);
    avformat_close_input(&a->fmt);
    rs_av_pixels_release(&a->pixels);
    rs_free(a->path);
    rs_free(a);
    *in = NULL;
}

static rs_status open_decoder(rs_av_in *in, rs_err *err)
{
    const AVCodec *codec = NULL;
    const int i = av_find_best_stream(in->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (i == AVERROR_DECODER_NOT_FOUND)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': this FFmpeg has no decoder for its video",
                       in->path);
    if (i < 0 || in->fmt->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has no video stream (its format is '%s')", in->path,
                       in->fmt->iformat->name);
    in->st = in->fmt->streams[i];
    in->dec = avcodec_alloc_context3(codec);
    in->pkt = av_packet_alloc();
    in->next = av_frame_alloc();
    if (!in->dec || !in->pkt || !in->next)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", in->path);
    int e = avcodec_parameters_to_context(in->dec, in->st->codecpar);
    if (e >= 0) {
        in->dec->pkt_timebase = in->st->time_base;
        in->dec->thread_count = 1;
        in->dec->max_pixels = MAX_PIXELS;
        in->dec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
        e = avcodec_open2(in->dec, codec, NULL);
    }
    if (e < 0)
        return rs_av_fail(err, RS_E_FORMAT, e, "cannot decode the video of '%s' (%s)", in->path,
                          codec->name);
    return RS_OK;
}

static void set_damage(rs_av_in *in, int averr, const char *text)
{
    if (!in->damage) {
        in->damage = averr;
        in->damage_text = text;
    }
}

static bool is_mov(const rs_av_in *in)
{
    return strstr(in->fmt->iformat->name, "mp4") != NULL;
}

static bool is_matroska(const rs_av_in *in)
{
    return strstr(in->fmt->iformat->name, "matroska") != NULL;
}

static bool mkv_is_truncated(const rs_av_in *in)
{
    rs_map map;
    if (rs_map_open(in->path, &map, NULL) != RS_OK)
        return false;
    const bool cut = rs_mkv_is_truncated(map.data, map.size);
    rs_map_close(&map);
    return cut;
}

/* Others state at most a duration, which is trusted to a second. */
static bool is_too_short(const rs_av_in *in)
{
    const AVFormatContext *f = in->fmt;
    if (f->duration <= 0 || f->duration_estimation_method != AVFMT_DURATION_FROM_STREAM)
        return false;
    const int64_t start = f->start_time != AV_NOPTS_VALUE && f->start_time > 0 ? f->start_time : 0;
    return in->end_us > 0 && in->end_us - start < f->duration - AV_TIME_BASE;
}

/* The container ended: did it keep its promises? mp4 states every packet, and
 * Matroska its length in bytes. */
static void check_end(rs_av_in *in)
{
    const bool cut = is_mov(in)        ? in->n_packets < avformat_index_get_entries_count(in->st)
                     : is_matroska(in) ? mkv_is_truncated(in)
                                       : is_too_short(in);
    if (cut)
        set_damage(in, AVERROR_EOF, "the file is truncated");
}

static void note_packet(rs_av_in *in)
{
    const AVPacket *p = in->pkt;
    const AVStream *st = in->fmt->streams[p->stream_index];
    const int64_t t = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
    if (t != AV_NOPTS_VALUE) {
        const int64_t end = av_rescale_q(t + p->duration, st->time_base, AV_TIME_BASE_Q);
        if (end > in->end_us)
            in->end_us = end;
    }
}

/* One packet of the video into the decoder, or the news that there is no more. */
static void feed(rs_av_in *in)
{
    for (;;) {
        int e = av_read_frame(in->fmt, in->pkt);
        if (e == AVERROR(EAGAIN))
            continue;
        if (e < 0) {
            if (e != AVERROR_EOF)
                set_damage(in, e, NULL);
            else if (in->fmt->pb && in->fmt->pb->error < 0 && in->fmt->pb->error != AVERROR_EOF)
                set_damage(in, in->fmt->pb->error, NULL);
            else
                check_end(in);
            break;
        }
        note_packet(in);
        if (in->pkt->stream_index != in->st->index) {
            av_packet_unref(in->pkt);
            continue;
        }
        in->n_packets++;
        in->seen_key = in->seen_key || in->pkt->flags & AV_PKT_FLAG_KEY;
        if (in->pkt->flags & AV_PKT_FLAG_CORRUPT && in->seen_key) {
            set_damage(in, AVERROR_INVALIDDATA, "the file is truncated or damaged");
            av_packet_unref(in->pkt);
            break;
        }
        e = avcodec_send_packet(in->dec, in->pkt);
        av_packet_unref(in->pkt);
        if (e >= 0)
            return;
        if (in->seen_key) {
            set_damage(in, e, NULL);
            break;
        }
    }
    in->flushed = true;
    avcodec_send_packet(in->dec, NULL); /* frames still inside come out */
}

static bool frame_is_whole(const AVFrame *f)
{
    return !(f->flags & AV_FRAME_FLAG_CORRUPT) && f->decode_error_flags == 0;
}

static rs_status fail_damage(rs_av_in *in, rs_err *err)
{
    const AVRational tb = in->st->time_base;
    const double t = in->last_pts == AV_NOPTS_VALUE ? 0 : (double)in->last_pts * av_q2d(tb);
    if (in->n_frames == 0)
        return RS_FAIL(err, RS_E_CORRUPT,
                       "cannot decode the first frame of '%s' (%s): the file is %s", in->path,
                       in->dec->codec->name, in->damage == AVERROR_EOF ? "truncated" : "damaged");
    if (in->damage_text)
        return RS_FAIL(err, RS_E_CORRUPT, "'%s': %s after frame %" PRId64 " (%.3f s)%s", in->path,
                       in->damage_text, in->n_frames, t,
                       in->info.n_frames_exact ? ", fewer frames than its header says" : "");
    return rs_av_fail(err, RS_E_CORRUPT, in->damage,
                      "'%s' is damaged after frame %" PRId64 " (%.3f s)", in->path, in->n_frames,
                      t);
}

/* Into in->next. */
static rs_status decode(rs_av_in *in, bool *end, rs_err *err)
{
    for (;;) {
        const int e = avcodec_receive_frame(in->dec, in->next);
        if (e == 0) {
            if (!frame_is_whole(in->next) && in->seen_key) {
                av_frame_unref(in->next);
                set_damage(in, AVERROR_INVALIDDATA, NULL);
                return fail_damage(in, err);
            }
            *end = false;
            return RS_OK;
        }
        if (e == AVERROR(EAGAIN) && !in->flushed) {
            feed(in);
            continue;
        }
        if (e != AVERROR_EOF && e != AVERROR(EAGAIN)) {
            if (!in->seen_key && !in->flushed)
                continue;
            set_damage(in, e, NULL);
            if (!in->flushed) {
                in->flushed = true;
                avcodec_send_packet(in->dec, NULL);
                continue;
            }
        }
        if (in->damage)
            return fail_damage(in, err);
        *end = true;
        return RS_OK;
    }
}

static int64_t frame_duration(const rs_av_in *in, const AVFrame *f)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    const int64_t d = f->duration;
#else
    const int64_t d = f->pkt_duration;
#endif
    if (d > 0)
        return d;
    const AVRational rate = { in->info.rate.num, in->info.rate.den };
    const int64_t guess = av_rescale_q(1, av_inv_q(rate), in->st->time_base);
    return guess > 0 ? guess : 1;
}

/* Times that go forward whatever the file says. */
static void stamp(rs_av_in *in, const AVFrame *f, rs_frame *frame)
{
    int64_t pts = f->best_effort_timestamp;
    const int64_t d = frame_duration(in, f);
    if (pts != AV_NOPTS_VALUE)
        pts -= in->start;
    else
        pts = in->last_pts == AV_NOPTS_VALUE ? 0 : in->last_pts + d;
    if (in->last_pts != AV_NOPTS_VALUE && pts <= in->last_pts)
        pts = in->last_pts + 1;
    frame->pts = in->last_pts = pts;
    frame->duration = d;
    frame->index = in->n_frames++;
    frame->name = frame->png_name = NULL;
}

rs_status rs_av_in_next(rs_av_in *in, rs_frame *frame, bool *end, rs_err *err)
{
    bool none = false;
    if (!in->have_next)
        RS_TRY(decode(in, &none, err));
    in->have_next = false;
    *end = none;
    if (none)
        return RS_OK;
    const rs_orient o = rs_av_orient(in->next, in->st);
    rs_status s = rs_av_to_image(&in->pixels, in->next, o, in->still, &frame->image, err);
    if (s == RS_OK)
        stamp(in, in->next, frame);
    else
        s = rs_err_wrap(err, s, "'%s', frame %" PRId64, in->path, in->n_frames);
    av_frame_unref(in->next);
    return s;
}

static void count_frames(rs_av_in *in)
{
    rs_source_info *info = &in->info;
    const AVStream *st = in->st;
    if (st->nb_frames > 0) {
        info->n_frames = st->nb_frames;
        info->n_frames_exact = is_mov(in) && avformat_index_get_entries_count(st) == st->nb_frames;
        return;
    }
    double seconds = 0;
    if (st->duration > 0)
        seconds = (double)st->duration * av_q2d(st->time_base);
    else if (in->fmt->duration > 0)
        seconds = (double)in->fmt->duration / AV_TIME_BASE;
    const double n = seconds * info->rate.num / info->rate.den + 0.5;
    info->n_frames = n < 1e15 ? (int64_t)n : 0;
}

static void fill_info(rs_av_in *in)
{
    rs_source_info *info = &in->info;
    const char *format = in->fmt->iformat->name;
    in->still = strstr(format, "_pipe") || strcmp(format, "image2") == 0;
    const bool animation = strcmp(format, "gif") == 0 || strcmp(format, "apng") == 0 ||
                           strstr(format, "webp_anim");
    info->kind = in->still ? RS_SOURCE_STILL : animation ? RS_SOURCE_ANIMATION : RS_SOURCE_VIDEO;
    const rs_orient o = rs_av_orient(in->next, in->st);
    info->width = o.transpose ? in->next->height : in->next->width;
    info->height = o.transpose ? in->next->width : in->next->height;
    AVRational r = av_guess_frame_rate(in->fmt, in->st, NULL);
    if (r.num <= 0 || r.den <= 0)
        r = (AVRational){ RS_DEFAULT_RATE, 1 };
    info->rate = (rs_rational){ r.num, r.den };
    info->time_base = (rs_rational){ in->st->time_base.num, in->st->time_base.den };
    AVRational sar = av_guess_sample_aspect_ratio(in->fmt, in->st, in->next);
    if (sar.num <= 0 || sar.den <= 0)
        sar = (AVRational){ 0, 1 };
    if (o.transpose && sar.num)
        sar = av_inv_q(sar);
    info->sample_aspect = (rs_rational){ sar.num, sar.den };
    info->primaries = (int)in->next->color_primaries;
    info->transfer = (int)in->next->color_trc;
    for (unsigned i = 0; i < in->fmt->nb_streams; i++)
        info->n_audio += in->fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    count_frames(in);
    if (in->next->color_trc == AVCOL_TRC_SMPTE2084 || in->next->color_trc == AVCOL_TRC_ARIB_STD_B67)
        RS_WARN(in->log, "'%s' is HDR video; its values are used as they are, without tone mapping",
                in->path);
}

static rs_status open_all(rs_av_in *in, rs_err *err)
{
    bool end;
    RS_TRY(rs_av_open_input(in->path, &in->fmt, err));
    RS_TRY(open_decoder(in, err));
    in->start = rs_av_start(in->fmt, in->st->time_base);
    in->last_pts = AV_NOPTS_VALUE;
    RS_TRY(decode(in, &end, err));
    if (end)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has a video stream (%s) but no whole frame",
                       in->path, in->dec->codec->name);
    in->have_next = true;
    fill_info(in);
    return RS_OK;
}

rs_status rs_av_in_open(const char *path, const rs_log *log, rs_av_in **in, rs_err *err)
{
    rs_av_in *a = rs_calloc(sizeof(*a));
    const size_t n = strlen(path) + 1;
    char *copy = rs_alloc(n);
    if (!a || !copy) {
        rs_free(a);
        rs_free(copy);
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    }
    memcpy(copy, path, n);
    a->path = copy;
    a->info.path = copy;
    a->log = log;
    const rs_status s = open_all(a, err);
    if (s == RS_OK)
        *in = a;
    else
        rs_av_in_close(&a);
    return s;
}
