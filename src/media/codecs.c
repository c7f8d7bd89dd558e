#include "media/codecs.h"

#include <string.h>
#include <strings.h>

#include <libavutil/dovi_meta.h>
#include <libavutil/pixdesc.h>

#include "base/fs.h"
#include "base/strbuf.h"
#include "media/av_util.h"

#define CONTAINERS ".mp4, .mkv, .mov, .webm, .avi, .gif, .apng or .webp"

/* Encoders worth naming to a person, best first. The options: x265 prints by itself;
 * libaom's own speed is for hours of patience; FFV1's third version is the one for
 * archives, with a checksum a slice; VP8 does not refer ahead anyway, but FFmpeg wants to be told
 * where there is transparency. */
static const rs_encoder_ways known[] = {
    { "libx264", "yuv420p", NULL, RS_QUALITY_CRF, NULL },
    { "libx265", "yuv420p", NULL, RS_QUALITY_CRF, "x265-params=log-level=none" },
    { "libsvtav1", "yuv420p", NULL, RS_QUALITY_CRF, NULL },
    { "libaom-av1", "yuv420p", NULL, RS_QUALITY_CRF, "cpu-used=4" },
    { "libvpx-vp9", "yuv420p", "yuva420p", RS_QUALITY_CRF, NULL },
    { "libvpx", "yuv420p", "yuva420p", RS_QUALITY_CRF, "auto-alt-ref=0" },
    { "ffv1", "yuv420p", "yuva420p", RS_QUALITY_ITS_OWN, "level=3:slicecrc=1" },
    /* the profile follows from the pixels: 422 HQ, or 4444 */
    { "prores_ks", "yuv422p10le", "yuva444p10le", RS_QUALITY_ITS_OWN, NULL },
    { "mpeg4", "yuv420p", NULL, RS_QUALITY_CRF, NULL },
    { "mpeg2video", "yuv420p", NULL, RS_QUALITY_CRF, NULL },
    { "mjpeg", NULL, NULL, RS_QUALITY_CRF, NULL },
    { "libtheora", "yuv420p", NULL, RS_QUALITY_CRF, NULL },
    { "utvideo", NULL, "gbrap", RS_QUALITY_ITS_OWN, NULL },
    /* palette.h; with a palette for every frame, what changed since the last cannot be told by number */
    { "gif", "pal8", "pal8", RS_QUALITY_ITS_OWN, "gifflags=0" },
    { "apng", "rgb24", "rgba", RS_QUALITY_ITS_OWN, NULL },
    /* RGB, because a WebP has no tag for the matrix of its YUV */
    { "libwebp_anim", "bgra", "bgra", RS_QUALITY_WEBP, NULL },
};
enum { N_KNOWN = sizeof(known) / sizeof(known[0]) };

static const rs_encoder_ways *find_known(const char *name)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(name, known[i].name) == 0)
            return &known[i];
    return NULL;
}

const rs_encoder_ways *rs_encoder_ways_of(const AVCodec *codec)
{
    static const rs_encoder_ways other = { 0 };
    const rs_encoder_ways *w = find_known(codec->name);
    return w ? w : &other;
}

rs_status rs_container_of(const char *path, const AVOutputFormat **format, rs_err *err)
{
    rs_av_quiet();
    const char *ext = rs_path_ext(path);
    const AVOutputFormat *f = av_guess_format(NULL, path, NULL);
    /* NOFILE muxers write picture sequences; .mp3 takes video for cover art. */
    if (f && f->flags & AVFMT_NOFILE)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "cannot write '%s': pictures are written as .png",
                       path);
    if (!f || f->video_codec == AV_CODEC_ID_NONE || strcmp(f->name, "mp3") == 0)
        return RS_FAIL(
            err, RS_E_INVALID,
            "cannot write '%s': '%s' names no video container, expected %s, .png, .jpg or "
            ".webp for one picture, or a folder",
            path, ext, CONTAINERS);
    *format = f;
    return RS_OK;
}

static bool fits(const AVOutputFormat *f, const AVCodec *c)
{
    return c && c->type == AVMEDIA_TYPE_VIDEO &&
           avformat_query_codec(f, c->id, FF_COMPLIANCE_NORMAL) == 1;
}

static void list_encoders(const AVOutputFormat *f, rs_strbuf *out)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (fits(f, avcodec_find_encoder_by_name(known[i].name)))
            rs_strbuf_printf(out, "%s%s", out->len ? ", " : "", known[i].name);
}

/* libx264 rather than MPEG-2 in .ts or MPEG-4 in .avi. Else an encoder of what the
 * container usually holds, in software where there is one; else any. */
static const AVCodec *usual_encoder(const AVOutputFormat *f)
{
    const AVCodec *any = NULL;
    for (size_t i = 0; i < N_KNOWN; i++) {
        const AVCodec *c = avcodec_find_encoder_by_name(known[i].name);
        if (!fits(f, c))
            continue;
        if (i == 0 || c->id == f->video_codec)
            return c;
        any = any ? any : c;
    }
    const AVCodec *theirs = avcodec_find_encoder(f->video_codec);
    return fits(f, theirs) ? theirs : any;
}

rs_status rs_encoder_for(const AVOutputFormat *format, const char *name, const AVCodec **codec,
                         rs_err *err)
{
    rs_av_quiet();
    const AVCodec *c = name ? avcodec_find_encoder_by_name(name) : usual_encoder(format);
    if (fits(format, c)) {
        *codec = c;
        return RS_OK;
    }
    rs_strbuf sb;
    rs_strbuf_init(&sb, 512);
    list_encoders(format, &sb);
    const char *list = sb.len ? sb.data : "none";
    rs_status s;
    if (!name)
        s = RS_FAIL(err, RS_E_UNSUPPORTED, "this FFmpeg has no encoder for '%s'", format->name);
    else if (!c && find_known(name))
        s = RS_FAIL(err, RS_E_UNSUPPORTED,
                    "this FFmpeg comes without encoder '%s'; for '%s' it has: %s", name,
                    format->name, list);
    else if (!c || c->type != AVMEDIA_TYPE_VIDEO)
        s = RS_FAIL(err, RS_E_INVALID, "no video encoder is called '%s'; for '%s' there are: %s",
                    name, format->name, list);
    else
        s = RS_FAIL(err, RS_E_INVALID,
                    "'%s' files cannot hold what encoder '%s' makes; usable are: %s", format->name,
                    name, list);
    rs_strbuf_release(&sb);
    return s;
}

/* Ends with AV_PIX_FMT_NONE; NULL: the encoder does not say. */
static const enum AVPixelFormat *formats_of(const AVCodec *codec)
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void *list = NULL;
    avcodec_get_supported_config(NULL, codec, AV_CODEC_CONFIG_PIX_FORMAT, 0, &list, NULL);
    return list;
#else
    return codec->pix_fmts;
#endif
}

static bool has_format(const enum AVPixelFormat *list, enum AVPixelFormat f)
{
    for (; list && *list != AV_PIX_FMT_NONE; list++)
        if (*list == f)
            return true;
    return !list;
}

static enum AVPixelFormat usual_format(const AVCodec *codec, bool alpha)
{
    const enum AVPixelFormat *list = formats_of(codec);
    const rs_encoder_ways *w = rs_encoder_ways_of(codec);
    const char *name = alpha && w->alpha_format ? w->alpha_format
                       : w->format              ? w->format
                                                : "yuv420p";
    const enum AVPixelFormat f = av_get_pix_fmt(name);
    return has_format(list, f) ? f
                               : avcodec_find_best_pix_fmt_of_list(list, AV_PIX_FMT_RGB24, 0, NULL);
}

rs_status rs_pixel_format_for(const AVCodec *codec, const char *name, bool alpha,
                              enum AVPixelFormat *format, rs_err *err)
{
    if (!name) {
        *format = usual_format(codec, alpha);
        return RS_OK;
    }
    const enum AVPixelFormat *list = formats_of(codec);
    const enum AVPixelFormat f = av_get_pix_fmt(name);
    if (f != AV_PIX_FMT_NONE && has_format(list, f)) {
        *format = f;
        return RS_OK;
    }
    rs_strbuf names;
    rs_strbuf_init(&names, 512);
    for (const enum AVPixelFormat *p = list; p && *p != AV_PIX_FMT_NONE; p++)
        rs_strbuf_printf(&names, "%s%s", p == list ? "" : ", ", av_get_pix_fmt_name(*p));
    const rs_status s =
        RS_FAIL(err, RS_E_INVALID, "encoder '%s' has no pixel format '%s'; it has: %s", codec->name,
                name, rs_strbuf_str(&names));
    rs_strbuf_release(&names);
    return s;
}

const AVCodec *rs_decoder_for(const AVStream *stream, const AVCodec *usual, const rs_log *log)
{
    const AVDictionaryEntry *alpha = av_dict_get(stream->metadata, "alpha_mode", NULL, 0);
    const char *name = usual->id == AV_CODEC_ID_VP9   ? "libvpx-vp9"
                       : usual->id == AV_CODEC_ID_VP8 ? "libvpx"
                                                      : NULL;
    if (!name || !alpha || strcmp(alpha->value, "1") != 0)
        return usual;
    const AVCodec *c = avcodec_find_decoder_by_name(name);
    if (!c)
        RS_WARN(log, "the video's transparency is not read: this FFmpeg comes without decoder '%s'",
                name);
    return c ? c : usual;
}

rs_status rs_dolby_check(const AVStream *stream, const char *path, rs_err *err)
{
    size_t size = 0;
    const AVDOVIDecoderConfigurationRecord *r =
        (const void *)rs_av_side_data(stream, AV_PKT_DATA_DOVI_CONF, &size);
    if (!r || size < sizeof(*r) || r->dv_bl_signal_compatibility_id != 0)
        return RS_OK;
    return RS_FAIL(err, RS_E_UNSUPPORTED,
                   "'%s' is Dolby Vision, profile %d, whose colours only its own players show: "
                   "convert it with another program to HDR10 or SDR first",
                   path, r->dv_profile);
}
