/* Encoding and multiplexing. The file grows under a temporary name beside its
 * final one and is renamed when it is whole. Times are the source's: encoder and
 * stream run in the source's time base, so rates such as 30000/1001 and variable
 * frame times come out as they went in.
 *
 * The number of encoder threads is fixed, because x264's output depends on it:
 * the same job gives the same bytes on every machine. They compete with diffusion
 * for its processors, but not for long: a frame is milliseconds of encoding and
 * seconds of diffusion, and fewer threads would not make it less work. Likewise the muxer writes
 * no dates and no random numbers (AVFMT_FLAG_BITEXACT). */
#define _POSIX_C_SOURCE 200809L
#include "media/av_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/stream_copy.h"
#include "media/av_pixels.h"
#include "media/av_util.h"
#include "media/codecs.h"
#include "media/video_text.h"
#include "media/color_tags.h"
#include "media/encoder_options.h"
#include "media/gif_packet.h"
#include "media/palette.h"

#define ENCODER_THREADS 4
/* More than any encoder looks ahead. */
#define N_DURATIONS 512
#define GIF_MOST_RATE 50

struct rs_av_out {
    rs_arena *arena;
    const char *path, *temp;
    int width, height; /* of the pictures; the encoder's may be padded */
    AVRational time_base;
    AVFormatContext *fmt;
    AVCodecContext *enc;
    AVStream *st;
    AVFrame *frame;
    AVFrame *true_colours; /* what a palette is made for; frame otherwise */
    rs_palette *palette;   /* NULL: the encoder takes true colours */
    AVPacket *pkt;
    rs_stream_copy *rest;
    rs_av_pixels pixels;
    int64_t n_frames, last_pts;
    int64_t origin; /* in time_base: of the first frame, where the encoder counts in frames; else 0 */
    /* Encoders of FFmpeg 5 do not hand durations on: kept here by pts. */
    struct { int64_t pts, duration; } durations[N_DURATIONS];
    bool created, ends_with_picture;
    int plays;
};

/* The codec's own limits on time bases: 16 bits in MPEG-4, a rate in MPEG-1/2. */
static bool counts_frames(enum AVCodecID id, AVRational time_base)
{
    return id == AV_CODEC_ID_MPEG1VIDEO || id == AV_CODEC_ID_MPEG2VIDEO ||
           (id == AV_CODEC_ID_MPEG4 && time_base.den > 65535);
}

static AVRational encoder_time_base(const AVCodec *codec, const rs_sink_options *o)
{
    if (codec->id == AV_CODEC_ID_GIF) /* the container's: each time is rounded, so errors do not add up */
        return (AVRational){ 1, 100 };
    if (counts_frames(codec->id, rs_av_rational(o->time_base)))
        return av_inv_q(rs_av_rational(o->rate));
    return rs_av_rational(o->time_base);
}

static rs_status open_encoder(rs_av_out *out, const rs_sink_options *o, rs_err *err)
{
    const AVCodec *codec;
    enum AVPixelFormat format;
    RS_TRY(rs_encoder_for(out->fmt->oformat, o->codec, &codec, err));
    RS_TRY(rs_pixel_format_for(codec, o->pixel_format, o->alpha, &format, err));
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    AVCodecContext *enc = out->enc = avcodec_alloc_context3(codec);
    if (!enc || !desc)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for encoder '%s'", codec->name);
    enc->width = AV_CEIL_RSHIFT(o->width, desc->log2_chroma_w) << desc->log2_chroma_w;
    enc->height = AV_CEIL_RSHIFT(o->height, desc->log2_chroma_h) << desc->log2_chroma_h;
    enc->pix_fmt = format;
    enc->time_base = encoder_time_base(codec, o);
    enc->framerate = rs_av_rational(o->rate);
    enc->sample_aspect_ratio = rs_av_rational(o->sample_aspect);
    enc->thread_count = ENCODER_THREADS;
    if (strcmp(out->fmt->oformat->name, "avi") == 0)
        enc->max_b_frames = 0; /* it holds no times but the order: the picture would be late */
    rs_color_tags_write(enc, out->fmt->oformat, o);
    if (out->fmt->oformat->flags & AVFMT_GLOBALHEADER)
        enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *opts = NULL;
    const rs_status s = rs_encoder_options_set(enc, o, &opts, err);
    const int e = s == RS_OK ? avcodec_open2(enc, codec, &opts) : 0;
    av_dict_free(&opts);
    RS_TRY(s);
    if (e < 0)
        return rs_av_fail(err, RS_E_INVALID, e, "encoder '%s' refuses %dx%d %s, %d/%d fps%s%s%s%s",
                          codec->name, enc->width, enc->height, desc->name, o->rate.num,
                          o->rate.den, o->preset ? ", preset '" : "", o->preset ? o->preset : "",
                          o->preset ? "'" : "",
                          o->encoder_options.n ? ", or 'encode.options' beside crf or each other" : "");
    if (format == AV_PIX_FMT_PAL8)
        RS_TRY(rs_palette_open(enc->width, enc->height, &out->palette, err));
    return RS_OK;
}

static rs_status add_stream(rs_av_out *out, rs_err *err)
{
    out->st = avformat_new_stream(out->fmt, NULL);
    if (!out->st || avcodec_parameters_from_context(out->st->codecpar, out->enc) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", out->path);
    out->st->time_base = out->enc->time_base;
    out->st->avg_frame_rate = out->st->r_frame_rate = out->enc->framerate;
    out->st->sample_aspect_ratio = out->enc->sample_aspect_ratio;
    return RS_OK;
}

/* Write errors show up late: FFmpeg buffers, and keeps the first in pb->error. */
static rs_status check_write(rs_av_out *out, int e, rs_err *err)
{
    if (out->fmt->pb && out->fmt->pb->error < 0)
        e = out->fmt->pb->error;
    return e < 0 ? rs_av_fail(err, RS_E_IO, e, "cannot write '%s'", out->path) : RS_OK;
}

static bool is_gif(const rs_av_out *out)
{
    return strcmp(out->fmt->oformat->name, "gif") == 0;
}

/* FFmpeg takes those that the container has. GIF counts repetitions (0: for ever; -1: none), APNG and
 * WebP how often it is shown. */
static void muxer_options(const rs_av_out *out, AVDictionary **opts)
{
    const int loop = !is_gif(out) || out->plays == 0 ? out->plays : out->plays > 1 ? out->plays - 1 : -1;
    av_dict_set(opts, "movflags", "+faststart", 0);
    av_dict_set_int(opts, "loop", loop < UINT16_MAX ? loop : UINT16_MAX, 0);
    av_dict_set_int(opts, "plays", out->plays < UINT16_MAX ? out->plays : UINT16_MAX, 0);
}

/* Creates the temporary file and writes the header. */
static rs_status start_file(rs_av_out *out, rs_err *err)
{
    const size_t n = strlen(out->temp) + sizeof("file:");
    char *url = rs_arena_alloc(out->arena, n);
    if (!url)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", out->path);
    snprintf(url, n, "file:%s", out->temp);
    int e = avio_open2(&out->fmt->pb, url, AVIO_FLAG_WRITE, NULL, NULL);
    if (e < 0)
        return rs_av_fail(err, RS_E_IO, e, "cannot create '%s'", out->path);
    out->created = true;
    /* mp4's faststart opens the file a second time, by this name. */
    out->fmt->url = av_strdup(url);

    AVDictionary *opts = NULL;
    muxer_options(out, &opts);
    e = avformat_write_header(out->fmt, &opts);
    av_dict_free(&opts);
    RS_TRY(check_write(out, 0, err));
    if (e < 0)
        return rs_av_fail(
            err, RS_E_UNSUPPORTED, e, "a '%s' file cannot be started with these streams (%s%s)",
            out->fmt->oformat->name, out->enc->codec->name,
            out->fmt->nb_streams > 1 ? " and the source's sound; try audio: none" : "");
    return RS_OK;
}

static rs_status check_options(const char *path, const rs_sink_options *o, rs_err *err)
{
    if (o->rate.num <= 0 || o->rate.den <= 0 || o->time_base.num <= 0 || o->time_base.den <= 0)
        return RS_FAIL(err, RS_E_INVALID,
                       "'%s': frame rate %d/%d and time base %d/%d must be above 0", path,
                       o->rate.num, o->rate.den, o->time_base.num, o->time_base.den);
    return o->overwrite ? RS_OK : rs_sink_check_free(path, err);
}

static rs_status open_all(rs_av_out *out, const char *path, const rs_sink_options *o, rs_err *err)
{
    const AVOutputFormat *format;
    RS_TRY(check_options(path, o, err));
    RS_TRY(rs_container_of(path, &format, err));
    out->arena = rs_arena_open(4096);
    if (!out->arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    out->path = rs_arena_strdup(out->arena, path);
    out->temp = rs_sink_temp_path(out->arena, path, RS_SINK_VIDEO);
    const char *dir = rs_path_dir(out->arena, path);
    out->frame = av_frame_alloc();
    out->true_colours = av_frame_alloc();
    out->pkt = av_packet_alloc();
    avformat_alloc_output_context2(&out->fmt, format, NULL, NULL);
    if (!out->path || !out->temp || !dir || !out->frame || !out->true_colours || !out->pkt || !out->fmt)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    out->fmt->flags |= AVFMT_FLAG_BITEXACT;
    /* Matroska's muxer would move all that the priming of AAC (23 ms before the start) may begin at 0; but
     * frames keep their times, and what is before 0 is not for hearing. mp4 has edit lists for it. */
    if (strcmp(format->name, "matroska") == 0 || strcmp(format->name, "webm") == 0)
        out->fmt->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    out->fmt->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL; /* FLAC and Opus in mp4 */
    out->width = o->width;
    out->height = o->height;
    out->time_base = rs_av_rational(o->time_base);
    out->last_pts = AV_NOPTS_VALUE;
    out->plays = o->plays;
    out->ends_with_picture = o->cut.end != 0;
    RS_TRY(open_encoder(out, o, err));
    RS_TRY(add_stream(out, err));
    if (o->copy_from)
        RS_TRY(rs_stream_copy_open(o->copy_from, o->copy, o->cut, out->fmt, o->log, &out->rest, err));
    if (o->text && !rs_video_text_put(&out->fmt->metadata, o->text))
        RS_WARN(o->log, "'%s' does not tell how it was made: its comment, description and synopsis are the "
                "source's", path);
    if (is_gif(out) && o->rate.num / o->rate.den > GIF_MOST_RATE)
        RS_WARN(o->log, "'%s': players show frames of a GIF that are shorter than 0.02 s for 0.1 s: set fps "
                "to %d or less", path, GIF_MOST_RATE);
    RS_TRY(rs_make_dirs(dir, err));
    return start_file(out, err);
}

rs_status rs_av_out_open(const char *path, const rs_sink_options *options, rs_av_out **out,
                         rs_err *err)
{
    rs_av_out *a = rs_calloc(sizeof(*a));
    if (!a)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    const rs_status s = open_all(a, path, options, err);
    if (s == RS_OK)
        *out = a;
    else
        rs_av_out_close(&a, false, NULL);
    return s;
}

int rs_av_out_bits(const rs_av_out *out)
{
    return rs_av_rounds_to(out->enc->pix_fmt);
}

bool rs_av_out_has_alpha(const rs_av_out *out)
{
    return av_pix_fmt_desc_get(out->enc->pix_fmt)->flags & AV_PIX_FMT_FLAG_ALPHA;
}

static void restore_duration(rs_av_out *out)
{
    for (int i = 0; out->pkt->duration <= 0 && i < N_DURATIONS; i++)
        if (out->durations[i].duration > 0 && out->durations[i].pts == out->pkt->pts)
            out->pkt->duration = out->durations[i].duration;
}

static rs_status write_rest(rs_av_out *out, int64_t until, rs_err *err)
{
    if (!out->rest)
        return RS_OK;
    const rs_status s = rs_stream_copy_write(out->rest, out->fmt, until, err);
    RS_TRY(check_write(out, 0, err)); /* then the output is at fault */
    return s;
}

/* A time of the encoder's. */
static int64_t in_microseconds(const rs_av_out *out, int64_t t)
{
    return av_rescale_q(out->origin, out->time_base, AV_TIME_BASE_Q) +
           av_rescale_q(t, out->enc->time_base, AV_TIME_BASE_Q);
}

/* From the encoder's times to the stream's. */
static void place(const rs_av_out *out, AVPacket *p)
{
    const int64_t origin = av_rescale_q(out->origin, out->time_base, out->st->time_base);
    av_packet_rescale_ts(p, out->enc->time_base, out->st->time_base);
    p->pts += p->pts != AV_NOPTS_VALUE ? origin : 0;
    p->dts += p->dts != AV_NOPTS_VALUE ? origin : 0;
}

/* Muxers that put a packet of each stream side by side, and fail when one is asked for early. */
static bool keeps_own_order(const rs_av_out *out)
{
    return strncmp(out->fmt->oformat->name, "mxf", 3) == 0 || strcmp(out->fmt->oformat->name, "gxf") == 0;
}

/* Packets that the encoder has ready, with the sound up to their time. */
static rs_status drain(rs_av_out *out, rs_err *err)
{
    for (;;) {
        int e = avcodec_receive_packet(out->enc, out->pkt);
        if (e == AVERROR(EAGAIN) || e == AVERROR_EOF)
            return RS_OK;
        if (e < 0)
            return rs_av_fail(err, RS_E_INTERNAL, e, "cannot encode '%s'", out->path);
        restore_duration(out);
        if (out->enc->codec_id == AV_CODEC_ID_GIF && av_packet_make_writable(out->pkt) >= 0)
            rs_gif_packet_clear(out->pkt->data, (size_t)out->pkt->size);
        const int64_t dts = out->pkt->dts != AV_NOPTS_VALUE ? out->pkt->dts : out->pkt->pts;
        const int64_t now = in_microseconds(out, dts);
        place(out, out->pkt);
        out->pkt->stream_index = out->st->index;
        e = av_interleaved_write_frame(out->fmt, out->pkt);
        RS_TRY(check_write(out, e, err));
        RS_TRY(write_rest(out, now, err));
        /* all that comes is later: else pictures would be kept for ten seconds, waiting for sound */
        if (!keeps_own_order(out))
            RS_TRY(check_write(out, av_interleaved_write_frame(out->fmt, NULL), err));
    }
}

/* The picture as the encoder wants it, into out->frame. */
static rs_status fill_frame(rs_av_out *out, const rs_frame *frame, rs_err *err)
{
    AVFrame *f = out->palette ? out->true_colours : out->frame;
    f->format = out->palette ? AV_PIX_FMT_RGB32 : out->enc->pix_fmt;
    f->width = out->enc->width;
    f->height = out->enc->height;
    f->colorspace = out->enc->colorspace;
    f->color_range = out->enc->color_range;
    f->color_primaries = out->enc->color_primaries;
    f->color_trc = out->enc->color_trc;
    f->sample_aspect_ratio = out->enc->sample_aspect_ratio;
    if (av_frame_get_buffer(f, 0) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a frame of '%s'", out->path);
    rs_status s = rs_av_from_image(&out->pixels, &frame->image, f, err);
    if (s == RS_OK && out->palette)
        s = rs_palette_run(out->palette, f, out->frame, err);
    av_frame_unref(out->true_colours);
    return s;
}

rs_status rs_av_out_write(rs_av_out *out, const rs_frame *frame, rs_err *err)
{
    AVFrame *f = out->frame;
    if (frame->image.width != out->width || frame->image.height != out->height)
        return RS_FAIL(err, RS_E_INVALID, "'%s' takes frames of %dx%d, not %dx%d", out->path,
                       out->width, out->height, frame->image.width, frame->image.height);
    rs_status s = fill_frame(out, frame, err);
    if (s == RS_OK) {
        if (out->n_frames == 0 && counts_frames(out->enc->codec_id, out->time_base))
            out->origin = frame->pts;
        f->pts = av_rescale_q(frame->pts - out->origin, out->time_base, out->enc->time_base);
        if (out->last_pts != AV_NOPTS_VALUE && f->pts <= out->last_pts)
            f->pts = out->last_pts + 1;
        out->last_pts = f->pts;
        f->quality = out->enc->global_quality;
        const int slot = (int)(out->n_frames++ % N_DURATIONS);
        out->durations[slot].pts = f->pts;
        out->durations[slot].duration = /* to its rounded end */
            av_rescale_q(frame->pts + frame->duration, out->time_base, out->enc->time_base) - f->pts;
        const int e = avcodec_send_frame(out->enc, f);
        if (e < 0)
            s = rs_av_fail(err, RS_E_INTERNAL, e, "cannot encode frame %" PRId64 " of '%s'",
                           frame->index, out->path);
    }
    av_frame_unref(f);
    return s == RS_OK ? drain(out, err) : s;
}

/* Of the last frame, in the encoder's time base. */
static int64_t last_duration(const rs_av_out *out)
{
    return out->durations[(out->n_frames - 1) % N_DURATIONS].duration;
}

/* In microseconds. */
static int64_t picture_end(const rs_av_out *out)
{
    return in_microseconds(out, out->last_pts + last_duration(out));
}

static rs_status finish(rs_av_out *out, rs_err *err)
{
    if (out->n_frames == 0)
        return RS_FAIL(err, RS_E_INVALID, "'%s' got no frames, nothing is written", out->path);
    int e = avcodec_send_frame(out->enc, NULL);
    if (e < 0)
        return rs_av_fail(err, RS_E_INTERNAL, e, "cannot finish encoding '%s'", out->path);
    RS_TRY(drain(out, err));
    RS_TRY(write_rest(out, out->ends_with_picture ? picture_end(out) : INT64_MAX, err));
    if (is_gif(out)) /* which else is shown as long as the one before */
        av_opt_set_int(out->fmt->priv_data, "final_delay", last_duration(out), 0);
    e = av_write_trailer(out->fmt);
    RS_TRY(check_write(out, e, err));
    e = avio_closep(&out->fmt->pb);
    if (e < 0)
        return rs_av_fail(err, RS_E_IO, e, "cannot write '%s'", out->path);
    RS_TRY(rs_publish_file(out->temp, out->path, err));
    out->created = false; /* no longer temporary */
    return RS_OK;
}

rs_status rs_av_out_close(rs_av_out **out, bool commit, rs_err *err)
{
    if (!out || !*out)
        return RS_OK;
    rs_av_out *a = *out;
    const rs_status s = commit ? finish(a, err) : RS_OK;
    if (a->fmt && a->fmt->pb)
        avio_closep(&a->fmt->pb);
    if (a->created)
        unlink(a->temp);
    rs_stream_copy_close(&a->rest);
    avcodec_free_context(&a->enc);
    avformat_free_context(a->fmt);
    av_frame_free(&a->frame);
    av_frame_free(&a->true_colours);
    rs_palette_close(&a->palette);
    av_packet_free(&a->pkt);
    rs_av_pixels_release(&a->pixels);
    rs_arena_close(&a->arena);
    rs_free(a);
    *out = NULL;
    return s;
}
