/* Demultiplexing and decoding. FFmpeg is lenient: it conceals damaged slices,
 * leaves pictures out, and takes the early end of a file for the end. A film that
 * is restyled in part without a word would be worse than an error, so this reader
 * asks at each step whether something was wrong. In the place of a picture that is
 * not whole it holds the one before, at the time that its packet states, and marks
 * the frame; pictures that refer to it are taken as the decoder makes them.
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
#include "media/codecs.h"
#include "media/color_tags.h"
#include "media/deinterlace.h"
#include "media/ffv1_sums.h"
#include "media/frame_time.h"
#include "media/loop_count.h"
#include "media/lost_packets.h"
#include "media/mkv_size.h"
#include "media/png_chunk.h"
#include "media/second_look.h"
#include "media/packet_clock.h"

/* What a header may ask for before a byte of picture is seen: 16384 x 16384. */
#define MAX_PIXELS (INT64_C(1) << 28)
/* More errors than that in a row, with nothing in between, are the end. */
#define MAX_IDLE_ERRORS 64

struct rs_av_in {
    rs_source_info info;
    char *path;
    const rs_log *log;
    const rs_stop *stop;
    AVFormatContext *fmt;
    AVCodecContext *dec;
    AVStream *st;
    AVPacket *pkt;
    AVFrame *next;      /* decoded; waits for what was lost before it */
    bool have_next, next_damaged;
    AVFrame *good;      /* the latest whole one */
    rs_lost_packets lost;
    rs_packet_clock clock;
    rs_deinterlacer fields;
    int64_t sent, sent_duration; /* of the latest packet that the decoder got */
    bool sent_lost;     /* it is in lost */
    rs_ffv1_sums sums;
    rs_second_look *look; /* NULL: none */
    rs_colour_code told; /* by an APNG, of frames that say nothing; 0: nothing */
    int plays;          /* of an animation */
    int n_idle_errors;  /* of the decoder since it last gave a frame or took a packet */
    rs_av_pixels pixels;
    bool still;
    int64_t start;      /* subtracted from timestamps, in the stream's time base */
    int64_t first;      /* timestamp of the first frame */
    int64_t n_packets, n_frames;
    int64_t last_pts;
    int64_t end_us;     /* where the latest packet of any stream ends */
    bool seen_key;      /* damage before the first key frame is the start of a cut */
    bool flushed;       /* the decoder was told that nothing more comes */
    bool ended;
    bool skipped;       /* it was not read from its start */
    bool no_pictures;
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
    av_frame_free(&a->good);
    rs_lost_packets_release(&a->lost);
    rs_packet_clock_release(&a->clock);
    rs_deinterlacer_reset(&a->fields);
    av_packet_free(&a->pkt);
    avcodec_free_context(&a->dec);
    rs_second_look_close(&a->look);
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
    RS_TRY(rs_dolby_check(in->st, in->path, err));
    codec = rs_decoder_for(in->st, codec, in->log);
    in->dec = avcodec_alloc_context3(codec);
    in->pkt = av_packet_alloc();
    in->next = av_frame_alloc();
    in->good = av_frame_alloc();
    if (!in->dec || !in->pkt || !in->next || !in->good)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", in->path);
    int e = avcodec_parameters_to_context(in->dec, in->st->codecpar);
    if (e >= 0) {
        in->dec->pkt_timebase = in->st->time_base;
        in->dec->thread_count = 1;
        in->dec->max_pixels = MAX_PIXELS;
        in->dec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
        if (codec->id == AV_CODEC_ID_MJPEG) /* elsewhere it finds no more, and minds metadata that are odd */
            in->dec->err_recognition |= AV_EF_EXPLODE;
        e = avcodec_open2(in->dec, codec, NULL);
    }
    if (e < 0)
        return rs_av_fail(err, RS_E_FORMAT, e, "cannot decode the video of '%s' (%s)", in->path,
                          codec->name);
    in->look = rs_second_look_open(in->st, codec);
    return RS_OK;
}

/* What FFmpeg's readers of animations pass over, or those before its version 6. */
static void read_animation(rs_av_in *in)
{
    const char *format = in->fmt->iformat->name;
    const bool png = strcmp(format, "apng") == 0;
    rs_map map;
    if ((!png && strcmp(format, "gif") != 0) || rs_map_open(in->path, &map, NULL) != RS_OK)
        return;
    in->plays = rs_loop_count(map.data, map.size);
    const uint8_t *cicp = png ? rs_png_chunk(map.data, map.size, "cICP", 4) : NULL;
    if (cicp && cicp[2] == 0 && cicp[3] == 1) /* RGB, of the full range */
        in->told = (rs_colour_code){ .primaries = cicp[0], .transfer = cicp[1] };
    rs_map_close(&map);
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
    const bool cut = is_mov(in)        ? !in->skipped &&
                                             in->n_packets < avformat_index_get_entries_count(in->st)
                     : is_matroska(in) ? mkv_is_truncated(in)
                                       : is_too_short(in);
    in->info.truncated = in->info.truncated || cut;
}

static int64_t packet_time(const AVPacket *p)
{
    return p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
}

static void note_packet(rs_av_in *in)
{
    const AVPacket *p = in->pkt;
    const AVStream *st = in->fmt->streams[p->stream_index];
    const int64_t t = packet_time(p);
    if (t != AV_NOPTS_VALUE) {
        const int64_t end = av_rescale_q(t + p->duration, st->time_base, AV_TIME_BASE_Q);
        if (end > in->end_us)
            in->end_us = end;
    }
}

/* The latest packet gives no picture. What a cut at the start has left of a group of
 * pictures is none of the film's. */
static rs_status lose(rs_av_in *in, rs_err *err)
{
    if (!in->seen_key || in->sent_lost)
        return RS_OK;
    in->sent_lost = true;
    return rs_lost_packets_add(&in->lost, in->sent, in->sent_duration)
               ? RS_OK
               : RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", in->path);
}

/* An error of the decoder: is it the packet's fault? */
static rs_status decoder_error(rs_av_in *in, int e, rs_err *err)
{
    if (e == AVERROR(ENOMEM))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", in->path);
    in->n_idle_errors++;
    return in->flushed ? RS_OK : lose(in, err);
}

/* By what the decoder itself does not look at. */
static bool looks_whole(rs_av_in *in, const AVPacket *p)
{
    const bool ffv1 = in->dec->codec_id == AV_CODEC_ID_FFV1 && p->size > 0;
    return rs_second_look_is_whole(in->look, p) &&
           (!ffv1 || rs_ffv1_sums_check(&in->sums, p->data, (size_t)p->size, p->flags & AV_PKT_FLAG_KEY));
}

static rs_status send_packet(rs_av_in *in, rs_err *err)
{
    const AVPacket *p = in->pkt;
    in->n_packets++;
    in->n_idle_errors = 0;
    in->seen_key = in->seen_key || p->flags & AV_PKT_FLAG_KEY;
    in->sent = packet_time(p);
    in->sent_duration = p->duration;
    in->sent_lost = false;
    if (!looks_whole(in, p))
        RS_TRY(lose(in, err)); /* and the decoder gets it, for those that rest on it */
    if (p->flags & AV_PKT_FLAG_CORRUPT && in->seen_key)
        return lose(in, err);
    const int e = avcodec_send_packet(in->dec, p);
    return e < 0 ? decoder_error(in, e, err) : RS_OK;
}

/* One packet of the video into the decoder, or the news that there is no more. */
static rs_status feed(rs_av_in *in, rs_err *err)
{
    int e;
    while ((e = rs_av_read(in->fmt, in->pkt, &in->info.truncated)) >= 0) {
        if (rs_packet_clock_set(&in->clock, in->fmt, in->pkt))
            RS_WARN(in->log, "the clock of '%s' jumps at %.3f s: time goes on without the gap", in->path,
                    (double)(in->clock.latest - rs_av_start(in->fmt, AV_TIME_BASE_Q)) / AV_TIME_BASE);
        note_packet(in);
        const bool ours = in->pkt->stream_index == in->st->index;
        const rs_status s = ours ? send_packet(in, err) : RS_OK;
        av_packet_unref(in->pkt);
        if (ours)
            return s;
    }
    if (e != AVERROR_EOF)
        return rs_av_fail(err, RS_E_IO, e, "cannot read '%s' after frame %" PRId64, in->path, in->n_frames);
    check_end(in);
    in->flushed = true;
    avcodec_send_packet(in->dec, NULL); /* frames still inside come out */
    return RS_OK;
}

static bool frame_is_whole(const AVFrame *f)
{
    return !(f->flags & AV_FRAME_FLAG_CORRUPT) && f->decode_error_flags == 0;
}

static void take_frame(rs_av_in *in)
{
    const int64_t pts = in->next->best_effort_timestamp;
    const bool lost = pts != AV_NOPTS_VALUE && rs_lost_packets_found(&in->lost, pts);
    in->n_idle_errors = 0;
    in->have_next = true;
    if (in->told.primaries && in->next->color_trc == AVCOL_TRC_UNSPECIFIED) {
        in->next->color_primaries = (enum AVColorPrimaries)in->told.primaries;
        in->next->color_trc = (enum AVColorTransferCharacteristic)in->told.transfer;
    }
    in->next_damaged = lost || (in->seen_key && !frame_is_whole(in->next));
}

/* Into in->next, or in->ended. */
static rs_status decode(rs_av_in *in, rs_err *err)
{
    while (!in->ended && !in->have_next) {
        const int e = rs_deinterlacer_receive(&in->fields, in->dec, in->next);
        if (e == AVERROR_EXTERNAL && in->fields.why.status != RS_OK)
            return rs_err_set(err, in->fields.why.status, "%s", in->fields.why.msg);
        if (e == 0)
            take_frame(in);
        else if (e == AVERROR(EAGAIN) && !in->flushed)
            RS_TRY(feed(in, err));
        else if (e == AVERROR_EOF || e == AVERROR(EAGAIN) || in->n_idle_errors > MAX_IDLE_ERRORS)
            in->ended = true;
        else
            RS_TRY(decoder_error(in, e, err));
    }
    return RS_OK;
}

static int64_t frame_duration(const rs_av_in *in, const AVFrame *f)
{
    const int64_t d = rs_av_duration(f);
    if (d > 0)
        return d;
    const AVRational rate = { in->info.rate.num, in->info.rate.den };
    const int64_t guess = av_rescale_q(1, av_inv_q(rate), in->st->time_base);
    return guess > 0 ? guess : 1;
}

/* Times that go forward whatever the file says. */
static void stamp(rs_av_in *in, int64_t pts, int64_t duration, bool held, rs_frame *frame)
{
    if (pts != AV_NOPTS_VALUE)
        pts -= in->start;
    else
        pts = in->last_pts == AV_NOPTS_VALUE ? 0 : in->last_pts + duration;
    if (in->last_pts != AV_NOPTS_VALUE && pts <= in->last_pts)
        pts = in->last_pts + 1;
    frame->pts = in->last_pts = pts;
    frame->duration = duration;
    frame->index = in->n_frames++;
    frame->name = frame->png_name = NULL;
    frame->held = held;
}

/* The latest whole picture into *frame. */
static rs_status deliver(rs_av_in *in, int64_t pts, int64_t duration, bool held, rs_frame *frame,
                         rs_err *err)
{
    const rs_orient o = rs_av_orient(in->good, in->st);
    const rs_status s = in->no_pictures ? RS_OK : rs_av_to_image(&in->pixels, in->good, o, in->still,
                                                                 &frame->image, err);
    if (s != RS_OK)
        return rs_err_wrap(err, s, "'%s', frame %" PRId64, in->path, in->n_frames);
    stamp(in, pts, duration, held, frame);
    return RS_OK;
}

void rs_av_in_leave_pictures(rs_av_in *in)
{
    in->no_pictures = true;
}

rs_status rs_av_in_next(rs_av_in *in, rs_frame *frame, bool *end, rs_err *err)
{
    struct rs_lost_packet lost;
    RS_TRY(decode(in, err));
    const int64_t pts = in->have_next ? in->next->best_effort_timestamp : INT64_MAX;
    /* without times, in the order of decoding */
    if (rs_lost_packets_take(&in->lost, pts == AV_NOPTS_VALUE ? pts + 1 : pts, &lost))
        return deliver(in, lost.pts, lost.duration > 0 ? lost.duration : frame_duration(in, in->good), true,
                       frame, err);
    *end = !in->have_next;
    if (*end)
        return RS_OK;
    const bool held = in->next_damaged;
    const int64_t duration = frame_duration(in, in->next);
    if (!held) {
        av_frame_unref(in->good);
        av_frame_move_ref(in->good, in->next);
    }
    av_frame_unref(in->next);
    in->have_next = false;
    return deliver(in, pts, duration, held, frame, err);
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
    rs_color_tags_read(info, in->next);
    info->alpha = rs_av_may_be_clear(in->next);
    info->plays = in->plays;
    for (unsigned i = 0; i < in->fmt->nb_streams; i++)
        info->n_audio += in->fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    count_frames(in);
}

/* Up to the first whole frame, which stands in for damaged ones before it, too. */
static rs_status decode_first(rs_av_in *in, rs_err *err)
{
    RS_TRY(decode(in, err));
    while (in->have_next && in->next_damaged) {
        in->sent = in->next->best_effort_timestamp;
        in->sent_duration = 0;
        in->sent_lost = false;
        RS_TRY(lose(in, err));
        av_frame_unref(in->next);
        in->have_next = false;
        RS_TRY(decode(in, err));
    }
    if (!in->have_next && (in->info.truncated || in->lost.n))
        return RS_FAIL(err, RS_E_CORRUPT, "cannot decode the first frame of '%s' (%s): the file is %s",
                       in->path, in->dec->codec->name, in->info.truncated ? "truncated" : "damaged");
    if (!in->have_next)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has a video stream (%s) but no whole frame", in->path,
                       in->dec->codec->name);
    if (av_frame_ref(in->good, in->next) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", in->path);
    return RS_OK;
}

/* The time from each frame to the next when the index says that it is always the same; or 0. */
static int64_t even_step(const rs_av_in *in)
{
    const int n = avformat_index_get_entries_count(in->st);
    int64_t step = 0;
    for (int i = 1; is_mov(in) && i < n; i++) {
        int64_t next;
        if (__builtin_sub_overflow(avformat_index_get_entry(in->st, i)->timestamp,
                                   avformat_index_get_entry(in->st, i - 1)->timestamp, &next) ||
            next <= 0 || next > INT32_MAX || (step && next != step))
            return 0;
        step = next;
    }
    return step;
}

rs_status rs_av_in_time_of(const rs_av_in *in, int64_t n, int64_t *us, rs_err *err)
{
    const int64_t step = even_step(in), last = avformat_index_get_entries_count(in->st);
    if (step == 0 || in->first == AV_NOPTS_VALUE)
        return rs_frame_time(in->path, in->stop, n, us, err);
    const int64_t t = in->first - in->start + (n < last ? n : last) * step;
    *us = av_rescale_q(t, in->st->time_base, AV_TIME_BASE_Q);
    return RS_OK;
}

/* Reads on from the key frame at or before the time, up to the first whole frame. */
static rs_status seek(rs_av_in *in, int64_t time, rs_err *err)
{
    const int e = avformat_seek_file(in->fmt, in->st->index, INT64_MIN, time, time, 0);
    if (e < 0)
        return rs_av_fail(err, RS_E_IO, e, "cannot find %.3f s in '%s'",
                          (double)time * av_q2d(in->st->time_base), in->path);
    avcodec_flush_buffers(in->dec);
    rs_deinterlacer_reset(&in->fields);
    rs_lost_packets_release(&in->lost);
    av_frame_unref(in->next);
    av_frame_unref(in->good);
    in->sums.broken = false;
    rs_second_look_jump(in->look);
    in->have_next = in->next_damaged = in->flushed = in->ended = in->seen_key = false;
    return decode_first(in, err);
}

/* A decoder may need some frames before it is sure of itself, and fields have neighbours. */
#define RUN_UP_SECONDS 2
#define FAR_SECONDS 10 /* nearer frames are decoded */

rs_status rs_av_in_skip_to(rs_av_in *in, rs_moment to, bool by_number, rs_err *err)
{
    const AVRational tb = in->st->time_base;
    const int64_t first = in->next->best_effort_timestamp, step = even_step(in);
    const int64_t second = av_rescale_q(1, (AVRational){ 1, 1 }, tb);
    const bool has_index = (is_mov(in) || is_matroska(in)) && avformat_index_get_entries_count(in->st) > 1;
    if (!has_index || first == AV_NOPTS_VALUE || (by_number && step == 0))
        return RS_OK;
    const int64_t target = to.kind == RS_MOMENT_FRAME
                               ? first + to.value * step
                               : in->start + av_rescale_q(to.value, AV_TIME_BASE_Q, tb);
    if (target - first < FAR_SECONDS * second)
        return RS_OK;
    RS_TRY(seek(in, target - RUN_UP_SECONDS * second, err));
    const int64_t here = in->next->best_effort_timestamp - first;
    in->skipped = true;
    if (here < 0 || here > target - first || (step && here % step)) { /* it is not to be trusted */
        in->skipped = false;
        return seek(in, first, err);
    }
    const AVRational frame = { in->info.rate.den, in->info.rate.num };
    in->n_frames = step ? here / step : av_rescale_q(here, tb, frame);
    return RS_OK;
}

static rs_status open_all(rs_av_in *in, rs_err *err)
{
    RS_TRY(rs_av_open_input(in->path, in->stop, &in->fmt, err));
    RS_TRY(open_decoder(in, err));
    read_animation(in);
    RS_TRY(rs_packet_clock_init(&in->clock, in->fmt, err));
    in->start = rs_av_start(in->fmt, in->st->time_base);
    in->last_pts = AV_NOPTS_VALUE;
    in->fields.time_base = in->st->time_base;
    in->fields.path = in->path;
    in->fields.log = in->log;
    RS_TRY(decode_first(in, err));
    in->first = in->next->best_effort_timestamp;
    fill_info(in);
    return RS_OK;
}

rs_status rs_av_in_open(const char *path, rs_deinterlace deinterlace, const rs_log *log,
                        const rs_stop *stop, rs_av_in **in, rs_err *err)
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
    a->stop = stop;
    a->fields.how = deinterlace;
    const rs_status s = open_all(a, err);
    if (s == RS_OK)
        *in = a;
    else
        rs_av_in_close(&a);
    return s;
}
