/* One pass over the packets for counts and times, then a paragraph a stream. */
#include "restyle/probe.h"

#include <inttypes.h>

#include <libavcodec/avcodec.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "media/av_util.h"
#include "media/still_text.h"
#include "media/video_text.h"

enum { MAX_TEXT = 1 << 20 };

/* In the stream's time base. */
struct times {
    int64_t n, first, end;     /* packets; the smallest pts, the largest end */
    int64_t last_dts, shortest, longest; /* steps from one packet to the next */
    bool seen;
};

static void count(struct times *t, const AVPacket *p)
{
    t->n++;
    const int64_t dts = p->dts;
    if (dts != AV_NOPTS_VALUE && t->last_dts != AV_NOPTS_VALUE) {
        const int64_t step = dts - t->last_dts;
        t->shortest = t->longest == 0 || step < t->shortest ? step : t->shortest;
        t->longest = step > t->longest ? step : t->longest;
    }
    t->last_dts = dts;
    if (p->pts == AV_NOPTS_VALUE)
        return;
    int64_t end;
    if (__builtin_add_overflow(p->pts, p->duration > 0 ? p->duration : 0, &end))
        end = p->pts;
    t->first = !t->seen || p->pts < t->first ? p->pts : t->first;
    t->end = !t->seen || end > t->end ? end : t->end;
    t->seen = true;
}

static rs_status count_all(AVFormatContext *fmt, struct times *times, const char *path, rs_err *err)
{
    AVPacket *p = av_packet_alloc();
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    for (unsigned i = 0; i < fmt->nb_streams; i++)
        times[i].last_dts = AV_NOPTS_VALUE;
    int e = 0;
    while ((e = av_read_frame(fmt, p)) >= 0 || e == AVERROR(EAGAIN)) {
        /* a stream may appear late: it is not described */
        if (e >= 0 && p->stream_index < (int)fmt->nb_streams)
            count(&times[p->stream_index], p);
        av_packet_unref(p);
    }
    av_packet_free(&p);
    return e == AVERROR_EOF ? RS_OK : rs_av_fail(err, RS_E_CORRUPT, e, "cannot read '%s' to its end", path);
}

/* Line by line, with nothing for the terminal to obey. */
static void put_pipeline(rs_strbuf *sb, const char *text)
{
    rs_strbuf_puts(sb, "  made by this pipeline:\n    ");
    for (const char *s = text; *s; s++) {
        if (*s == '\n' && s[1])
            rs_strbuf_puts(sb, "\n    ");
        else if (*s != '\n')
            rs_strbuf_printf(sb, "%c", (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
    }
    rs_strbuf_puts(sb, "\n");
}

static void put_tags(rs_strbuf *sb, const AVDictionary *tags, const char *indent)
{
    const AVDictionaryEntry *e = NULL;
    while ((e = av_dict_get(tags, "", e, AV_DICT_IGNORE_SUFFIX))) {
        const char *pipeline = rs_video_text_pipeline(e->value);
        if (pipeline) {
            put_pipeline(sb, pipeline);
            continue;
        }
        rs_strbuf_printf(sb, "%s%s: ", indent, e->key);
        for (const char *s = e->value; *s; s++) { /* one line each, nothing for the terminal to obey */
            const bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
            rs_strbuf_printf(sb, "%c", control ? ' ' : *s);
        }
        rs_strbuf_puts(sb, "\n");
    }
}

static const char *or_unknown(const char *name)
{
    return name ? name : "unknown";
}

static int rotation(const AVStream *s)
{
    const uint8_t *matrix = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    const double angle = matrix ? av_display_rotation_get((const int32_t *)matrix) : 0;
    return angle == angle ? (int)(angle < 0 ? -angle + 0.5 : 360.5 - angle) % 360 : 0;
}

static void put_picture(rs_strbuf *sb, const AVStream *s, const struct times *t)
{
    const AVCodecParameters *p = s->codecpar;
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(p->format);
    rs_strbuf_printf(sb, ", %dx%d, %s", p->width, p->height, or_unknown(d ? d->name : NULL));
    if (d)
        rs_strbuf_printf(sb, " (%d bit%s)", d->comp[0].depth,
                         d->flags & AV_PIX_FMT_FLAG_ALPHA ? ", alpha" : "");
    if (p->field_order > AV_FIELD_PROGRESSIVE)
        rs_strbuf_puts(sb, ", interlaced");
    rs_strbuf_printf(sb, "\n  frames: %" PRId64 ", %d/%d a second", t->n, s->avg_frame_rate.num,
                     s->avg_frame_rate.den);
    const double unit = av_q2d(s->time_base);
    /* containers round times to their base: a unit more or less is the same rate */
    if (t->longest - t->shortest > 1)
        rs_strbuf_printf(sb, ", variable: %.6g to %.6g s a frame", (double)t->shortest * unit,
                         (double)t->longest * unit);
    rs_strbuf_printf(sb, "\n  shown: sample aspect %d:%d, turned by %d degrees\n", s->sample_aspect_ratio.num,
                     s->sample_aspect_ratio.den, rotation(s));
    rs_strbuf_printf(sb, "  colour: range %s, matrix %s, primaries %s, transfer %s\n",
                     or_unknown(av_color_range_name(p->color_range)),
                     or_unknown(av_color_space_name(p->color_space)),
                     or_unknown(av_color_primaries_name(p->color_primaries)),
                     or_unknown(av_color_transfer_name(p->color_trc)));
}

static void put_sound(rs_strbuf *sb, const AVStream *s, const struct times *t)
{
    char layout[64] = "";
    av_channel_layout_describe(&s->codecpar->ch_layout, layout, sizeof(layout));
    rs_strbuf_printf(sb, ", %d Hz, %s\n  packets: %" PRId64 "\n", s->codecpar->sample_rate, layout, t->n);
}

static void put_stream(rs_strbuf *sb, const AVFormatContext *fmt, unsigned i, const struct times *t)
{
    const AVStream *s = fmt->streams[i];
    const char *type = av_get_media_type_string(s->codecpar->codec_type);
    const double unit = av_q2d(s->time_base);
    rs_strbuf_printf(sb, "stream %u: %s%s, %s", i, or_unknown(type),
                     s->disposition & AV_DISPOSITION_ATTACHED_PIC ? " (cover)" : "",
                     avcodec_get_name(s->codecpar->codec_id));
    if (s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
        put_picture(sb, s, t);
    else if (s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
        put_sound(sb, s, t);
    else
        rs_strbuf_printf(sb, "\n  packets: %" PRId64 "\n", t->n);
    if (t->seen)
        rs_strbuf_printf(sb, "  time: %.6f to %.6f s, in units of %d/%d s\n", (double)t->first * unit,
                         (double)t->end * unit, s->time_base.num, s->time_base.den);
    put_tags(sb, s->metadata, "  ");
}

/* A picture's own, which FFmpeg does not show. */
static void put_picture_pipeline(rs_strbuf *sb, const char *path)
{
    rs_map map = { 0 };
    rs_picture_text text = { 0 };
    rs_arena *arena = rs_arena_open(0);
    if (arena && rs_map_open(path, &map, NULL) == RS_OK &&
        rs_still_text(arena, map.data, map.size, path, &text, NULL) == RS_OK && text.pipeline)
        put_pipeline(sb, text.pipeline);
    rs_map_close(&map);
    rs_arena_close(&arena);
}

static void put_all(rs_strbuf *sb, const AVFormatContext *fmt, const char *path, const struct times *times)
{
    rs_strbuf_printf(sb, "%s: %s\n", path, or_unknown(fmt->iformat->long_name));
    put_picture_pipeline(sb, path);
    put_tags(sb, fmt->metadata, "  ");
    for (unsigned i = 0; i < fmt->nb_streams; i++)
        put_stream(sb, fmt, i, &times[i]);
    for (unsigned i = 0; i < fmt->nb_chapters; i++) {
        const AVChapter *c = fmt->chapters[i];
        const double unit = av_q2d(c->time_base);
        rs_strbuf_printf(sb, "chapter %u: %.6f to %.6f s\n", i, (double)c->start * unit,
                         (double)c->end * unit);
        put_tags(sb, c->metadata, "  ");
    }
}

rs_status rs_probe_write(const char *path, const rs_text_sink *sink, rs_err *err)
{
    AVFormatContext *fmt = NULL;
    RS_TRY(rs_av_open_input(path, NULL, &fmt, err));
    struct times *times = rs_calloc((fmt->nb_streams + 1) * sizeof(times[0]));
    rs_strbuf sb;
    rs_strbuf_init(&sb, MAX_TEXT);
    rs_status s = times ? count_all(fmt, times, path, err)
                        : RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    if (s == RS_OK) {
        put_all(&sb, fmt, path, times);
        if (sb.failed)
            s = RS_FAIL(err, RS_E_RANGE, "the tags of '%s' are too long to print, or there is no memory",
                        path);
        else
            sink->put(sink->cookie, rs_strbuf_str(&sb), sb.len);
    }
    rs_strbuf_release(&sb);
    rs_free(times);
    avformat_close_input(&fmt);
    return s;
}
