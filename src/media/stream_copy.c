#include "media/stream_copy.h"

#include <string.h>

#include <libavcodec/avcodec.h>

#include "base/mem.h"
#include "media/av_util.h"
#include "media/packet_clock.h"

#define OPUS_RATE 48000 /* of its time, whatever it was made of */

struct track {
    AVStream *to;  /* NULL: not copied */
    int64_t start; /* of the cut: subtracted from times */
    int64_t delta_state;
    int64_t last_dts; /* in the output's time base */
};

struct rs_stream_copy {
    AVFormatContext *in;
    AVPacket *pkt;
    struct track *tracks; /* [n_tracks] by input stream */
    unsigned n_tracks;
    rs_packet_clock clock;
    bool pending;         /* pkt waits for its time */
    bool done;
    bool cut;             /* the rest cannot be read: the picture's reader tells */
    rs_cut part;
    const char *path;
};

void rs_stream_copy_close(rs_stream_copy **sc)
{
    if (!sc || !*sc)
        return;
    rs_stream_copy *c = *sc;
    av_packet_free(&c->pkt);
    avformat_close_input(&c->in);
    rs_packet_clock_release(&c->clock);
    rs_free(c->tracks);
    rs_free(c);
    *sc = NULL;
}

static bool is_matroska(const AVFormatContext *out)
{
    return strcmp(out->oformat->name, "matroska") == 0;
}

/* What FFmpeg does not tell: of MPEG's streams (ISO 13818-1, and the types that broadcasters, ATSC and
 * Blu-ray have added). NULL: it does. */
static const enum AVCodecID *listed_of(const char *format)
{
    static const enum AVCodecID ts[] = {
        AV_CODEC_ID_MP1, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3, AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM,
        AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_DTS, AV_CODEC_ID_TRUEHD, AV_CODEC_ID_OPUS,
        AV_CODEC_ID_DVB_SUBTITLE, AV_CODEC_ID_DVB_TELETEXT, AV_CODEC_ID_HDMV_PGS_SUBTITLE, AV_CODEC_ID_NONE
    };
    static const enum AVCodecID ps[] = { AV_CODEC_ID_MP1, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3, AV_CODEC_ID_AC3,
                                         AV_CODEC_ID_DTS, AV_CODEC_ID_DVD_SUBTITLE, AV_CODEC_ID_NONE };
    static const char *const programs[] = { "mpeg", "vob", "dvd", "svcd" };
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strcmp(format, programs[i]) == 0)
            return ps;
    return strcmp(format, "mpegts") == 0 ? ts : NULL;
}

/* The container's list of codecs; those that have none are asked by tag. Matroska's list is without
 * those that it takes with the tags of AVI and WAV. */
static bool fits(const AVFormatContext *out, enum AVCodecID id)
{
    const enum AVCodecID *listed = listed_of(out->oformat->name);
    for (; listed && *listed != AV_CODEC_ID_NONE; listed++)
        if (*listed == id)
            return true;
    return avformat_query_codec(out->oformat, id, FF_COMPLIANCE_NORMAL) == 1 ||
           (is_matroska(out) && av_codec_get_tag(out->oformat->codec_tag, id));
}

static bool is_cover(const AVStream *s)
{
    return s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && s->disposition & AV_DISPOSITION_ATTACHED_PIC;
}

/* A camera's measurements; FFmpeg can write those of GoPro, into mp4. */
static bool is_data(const AVStream *s)
{
    const uint32_t tag = s->codecpar->codec_tag;
    const bool letters = tag >> 24 >= ' '; /* in streams of broadcasters it is a number */
    return s->codecpar->codec_type == AVMEDIA_TYPE_DATA && letters && tag != MKTAG('t', 'm', 'c', 'd') &&
           tag != MKTAG('t', 'e', 'x', 't'); /* a time code, chapters: these are tags */
}

/* Which RS_COPY_* a stream belongs to; 0: not copied, being the picture itself, or data. */
static unsigned kind_of(const AVStream *s)
{
    switch (s->codecpar->codec_type) {
    case AVMEDIA_TYPE_DATA: return is_data(s) ? RS_COPY_METADATA : 0;
    case AVMEDIA_TYPE_AUDIO: return RS_COPY_AUDIO;
    case AVMEDIA_TYPE_SUBTITLE:
    case AVMEDIA_TYPE_ATTACHMENT: return RS_COPY_SUBTITLES;
    default: return is_cover(s) ? RS_COPY_METADATA : 0;
    }
}

/* Only Matroska holds attachments, and cover pictures as such. */
static bool can_hold(const AVFormatContext *out, const AVStream *from)
{
    const char *name = out->oformat->name;
    if (from->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT || (is_cover(from) && is_matroska(out)))
        return is_matroska(out);
    if (is_cover(from) && strcmp(name, "mp4") != 0 && strcmp(name, "ipod") != 0)
        return false;
    if (is_data(from) && from->codecpar->codec_tag != MKTAG('g', 'p', 'm', 'd'))
        return false;
    return fits(out, from->codecpar->codec_id);
}

static const char *what(const AVStream *s)
{
    switch (s->codecpar->codec_type) {
    case AVMEDIA_TYPE_AUDIO: return "sound";
    case AVMEDIA_TYPE_SUBTITLE: return "subtitles";
    case AVMEDIA_TYPE_ATTACHMENT: return "attachment";
    case AVMEDIA_TYPE_DATA: return "data";
    default: return "cover picture";
    }
}

/* Where the cut begins, in a stream's time base. */
static int64_t part_start(const rs_stream_copy *c, AVRational time_base)
{
    return rs_av_start(c->in, time_base) + av_rescale_q(c->part.start, AV_TIME_BASE_Q, time_base);
}

/* Nothing is lost without a word. */
static void tell_left_out(const rs_stream_copy *c, const AVFormatContext *out, unsigned i, const rs_log *log)
{
    const AVStream *from = c->in->streams[i];
    const AVDictionaryEntry *file = av_dict_get(from->metadata, "filename", NULL, 0);
    char tag[AV_FOURCC_MAX_STRING_SIZE];
    const char *codec = file              ? file->value
                        : is_data(from) ? av_fourcc_make_string(tag, from->codecpar->codec_tag)
                                        : avcodec_get_name(from->codecpar->codec_id);
    RS_WARN(log, "'%s' files cannot hold the %s of stream %u (%s) of '%s', left out%s", out->oformat->name,
            what(from), i, codec, c->path,
            is_matroska(out) || is_data(from) ? "" : ": write to .mkv to keep it");
}

/* Matroska has pictures among its attachments, whose bytes are the stream's own. */
static rs_status attach_cover(AVStream *to, const AVStream *from, rs_err *err)
{
    const AVPacket *picture = &from->attached_pic;
    const bool png = from->codecpar->codec_id == AV_CODEC_ID_PNG;
    AVCodecParameters *par = to->codecpar;
    uint8_t *data = av_mallocz((size_t)picture->size + AV_INPUT_BUFFER_PADDING_SIZE);
    const char *name = png ? "cover.png" : "cover.jpg", *kind = png ? "image/png" : "image/jpeg";
    if (!data || av_dict_set(&to->metadata, "filename", name, AV_DICT_DONT_OVERWRITE) < 0 ||
        av_dict_set(&to->metadata, "mimetype", kind, AV_DICT_DONT_OVERWRITE) < 0) {
        av_free(data);
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy a cover picture");
    }
    memcpy(data, picture->data, (size_t)picture->size);
    av_freep(&par->extradata);
    par->extradata = data;
    par->extradata_size = picture->size;
    par->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    return RS_OK;
}

static rs_status add_track(rs_stream_copy *c, AVFormatContext *out, unsigned i, const rs_log *log,
                           rs_err *err)
{
    const AVStream *from = c->in->streams[i];
    struct track *t = &c->tracks[i];
    if (!can_hold(out, from)) {
        tell_left_out(c, out, i, log);
        return RS_OK;
    }
    AVStream *to = avformat_new_stream(out, NULL);
    if (!to || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0 ||
        av_dict_copy(&to->metadata, from->metadata, 0) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the streams of '%s'", c->path);
    to->codecpar->codec_tag = 0; /* numbered anew by the container */
    to->time_base = from->time_base;
    to->disposition = from->disposition;
    if (is_cover(from) && is_matroska(out))
        return attach_cover(to, from, err);
    t->to = to;
    t->start = is_cover(from) ? rs_av_start(c->in, from->time_base) : part_start(c, from->time_base);
    t->delta_state = t->last_dts = AV_NOPTS_VALUE;
    c->done = false;
    return RS_OK;
}

/* What describes the file that was, and not the film in it. */
static bool of_the_container(const char *key)
{
    static const char *const keys[] = { "major_brand", "minor_version", "compatible_brands", "encoder" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static rs_status copy_tags(const rs_stream_copy *c, AVFormatContext *out, rs_err *err)
{
    const AVDictionaryEntry *e = NULL;
    while ((e = av_dict_get(c->in->metadata, "", e, AV_DICT_IGNORE_SUFFIX))) {
        if (!of_the_container(e->key) && av_dict_set(&out->metadata, e->key, e->value, 0) < 0)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the tags of '%s'", c->path);
    }
    /* the picture's own: its language, its title, its time code */
    const int video = av_find_best_stream(c->in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    for (e = NULL; video >= 0 && (e = av_dict_get(c->in->streams[video]->metadata, "", e,
                                                  AV_DICT_IGNORE_SUFFIX));) {
        if ((strcmp(e->key, "language") == 0 || strcmp(e->key, "title") == 0 ||
             (strcmp(e->key, "timecode") == 0 && c->part.start == 0)) &&
            av_dict_set(&out->streams[0]->metadata, e->key, e->value, 0) < 0)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the tags of '%s'", c->path);
    }
    return RS_OK;
}

/* The context owns what is in its list, so a chapter is complete before it is listed. */
static AVChapter *copy_chapter(const AVChapter *from, int64_t start, int64_t end)
{
    AVChapter *to = av_mallocz(sizeof(*to));
    if (!to)
        return NULL;
    *to = (AVChapter){ .id = from->id, .time_base = from->time_base, .start = start, .end = end };
    if (av_dict_copy(&to->metadata, from->metadata, 0) < 0) {
        av_dict_free(&to->metadata);
        av_freep(&to);
    }
    return to;
}

/* The part of a chapter that is in the cut, from the cut's start on; false: none is.
 * Matroska takes no chapter from before the film. */
static bool clip_chapter(const rs_stream_copy *c, const AVChapter *from, int64_t *start, int64_t *end)
{
    const int64_t origin = part_start(c, from->time_base);
    const int64_t length = av_rescale_q(c->part.end - c->part.start, AV_TIME_BASE_Q, from->time_base);
    *start = from->start - origin;
    *end = from->end - origin;
    *start = *start < 0 ? 0 : *start;
    *end = c->part.end && *end > length ? length : *end;
    return *start < *end;
}

static rs_status copy_chapters(const rs_stream_copy *c, AVFormatContext *out, rs_err *err)
{
    const unsigned n = c->in->nb_chapters;
    if (n == 0)
        return RS_OK;
    out->chapters = av_calloc(n, sizeof(out->chapters[0]));
    bool ok = out->chapters != NULL;
    for (unsigned i = 0; ok && i < n; i++) {
        int64_t start, end;
        if (!clip_chapter(c, c->in->chapters[i], &start, &end))
            continue;
        AVChapter *to = out->chapters[out->nb_chapters] = copy_chapter(c->in->chapters[i], start, end);
        ok = to != NULL;
        out->nb_chapters += ok;
    }
    return ok ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory to copy the chapters of '%s'", c->path);
}

static rs_status add_all(rs_stream_copy *c, unsigned copy, AVFormatContext *out, const rs_log *log,
                         rs_err *err)
{
    RS_TRY(rs_av_open_input(c->path, NULL, &c->in, err));
    c->pkt = av_packet_alloc();
    c->n_tracks = c->in->nb_streams;
    c->tracks = rs_calloc(c->n_tracks * sizeof(c->tracks[0]));
    if (!c->pkt || !c->tracks)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the streams of '%s'", c->path);
    RS_TRY(rs_packet_clock_init(&c->clock, c->in, err));
    for (unsigned i = 0; i < c->n_tracks; i++) {
        if (kind_of(c->in->streams[i]) & copy)
            RS_TRY(add_track(c, out, i, log, err));
        if (!c->tracks[i].to && !c->clock.jumps) /* the clock needs all that the picture's reader sees */
            c->in->streams[i]->discard = AVDISCARD_ALL;
    }
    if (!(copy & RS_COPY_METADATA))
        return RS_OK;
    RS_TRY(copy_tags(c, out, err));
    return copy_chapters(c, out, err);
}

rs_status rs_stream_copy_open(const char *path, unsigned copy, rs_cut part, AVFormatContext *out,
                              const rs_log *log, rs_stream_copy **sc, rs_err *err)
{
    rs_stream_copy *c = rs_calloc(sizeof(*c));
    if (!c)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to copy the streams of '%s'", path);
    c->path = path;
    c->part = part;
    c->done = true;
    const rs_status s = add_all(c, copy, out, log, err);
    if (s == RS_OK)
        *sc = c;
    else
        rs_stream_copy_close(&c);
    return s;
}

/* What Matroska's CodecDelay takes off the times of Opus again when it is played, in samples: the
 * muxers of FFmpeg before 6 write it and leave the times as they are, so that sound would be early. */
static int codec_delay(const AVFormatContext *out, const AVCodecParameters *par)
{
    const char *name = out->oformat->name;
    const bool matroska = is_matroska(out) || strcmp(name, "webm") == 0;
    const bool left_to_us = avformat_version() < AV_VERSION_INT(60, 0, 0);
    return matroska && left_to_us && par->codec_id == AV_CODEC_ID_OPUS ? par->initial_padding : 0;
}

/* To the output's time base. Where the input's is coarser than a sample (1 ms in
 * Matroska), rounding each packet alone would make gaps: av_rescale_delta keeps
 * count of the samples. */
static void retime(AVPacket *p, const AVFormatContext *o, const AVStream *from, struct track *t)
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
    const int64_t delay = av_rescale_q(codec_delay(o, from->codecpar), (AVRational){ 1, OPUS_RATE }, out);
    if (p->pts != AV_NOPTS_VALUE)
        p->pts += delay;
    if (p->dts != AV_NOPTS_VALUE)
        p->dts += delay;
    p->pos = -1;
    p->stream_index = t->to->index;
}

/* Behind a jump of the clock, and in careless files, times may go back a little, which no muxer
 * takes: as FFmpeg's program, the least that it does. */
static void put_in_order(AVPacket *p, struct track *t, const AVOutputFormat *format)
{
    const int64_t least = t->last_dts + !(format->flags & AVFMT_TS_NONSTRICT);
    if (p->dts == AV_NOPTS_VALUE)
        return;
    if (t->last_dts != AV_NOPTS_VALUE && p->dts < least) {
        p->dts = least;
        p->pts = p->pts != AV_NOPTS_VALUE && p->pts < least ? least : p->pts;
    }
    t->last_dts = p->dts;
}

/* The part of a subtitle that is in the cut; false: none is. */
static bool clip_subtitle(const rs_stream_copy *c, AVPacket *p, const AVStream *from, int64_t start)
{
    const int64_t length = av_rescale_q(c->part.end - c->part.start, AV_TIME_BASE_Q, from->time_base);
    int64_t end = p->pts + p->duration;
    if (end <= start)
        return false;
    if (c->part.end && end > start + length)
        end = start + length;
    p->pts = p->dts = p->pts < start ? start : p->pts;
    p->duration = end > p->pts ? end - p->pts : 0; /* written only if it begins before the end */
    return true;
}

/* Whether the packet belongs to the cut, as far as its start goes. */
static bool is_in_part(const rs_stream_copy *c)
{
    AVPacket *p = c->pkt;
    const AVStream *from = c->in->streams[p->stream_index];
    const int64_t start = c->tracks[p->stream_index].start;
    if ((c->part.start == 0 && c->part.end == 0) || is_cover(from) || p->pts == AV_NOPTS_VALUE)
        return true;
    if (from->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE && p->duration > 0)
        return clip_subtitle(c, p, from, start);
    return c->part.start == 0 || p->pts >= start;
}

/* A stream that appears later is not known here. */
static bool is_copied(const rs_stream_copy *c)
{
    const unsigned i = (unsigned)c->pkt->stream_index;
    return i < c->n_tracks && c->tracks[i].to;
}

/* The next packet into c->pkt, or c->done. */
static rs_status fetch(rs_stream_copy *c, rs_err *err)
{
    while (!c->pending && !c->done) {
        const int e = rs_av_read(c->in, c->pkt, &c->cut);
        if (e >= 0)
            rs_packet_clock_set(&c->clock, c->in, c->pkt);
        if (e == AVERROR_EOF)
            c->done = true;
        else if (e < 0)
            return rs_av_fail(err, RS_E_IO, e, "cannot read the streams of '%s'", c->path);
        else if (is_copied(c) && is_in_part(c))
            c->pending = true;
        else
            av_packet_unref(c->pkt);
    }
    return RS_OK;
}

rs_status rs_stream_copy_write(rs_stream_copy *c, AVFormatContext *out, int64_t until, rs_err *err)
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
        retime(c->pkt, out, from, t);
        put_in_order(c->pkt, t, out->oformat);
        c->pending = false;
        const int e = av_interleaved_write_frame(out, c->pkt); /* takes the data over */
        if (e < 0)
            return rs_av_fail(err, RS_E_IO, e, "cannot copy a stream of '%s'", c->path);
    }
}
