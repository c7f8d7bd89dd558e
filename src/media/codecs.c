#include "media/codecs.h"

#include <string.h>
#include <strings.h>

#include <libavutil/pixdesc.h>

#include "base/fs.h"
#include "base/strbuf.h"
#include "media/av_util.h"

#define CONTAINERS ".mp4, .mkv, .mov, .webm, .avi or .gif"

/* Encoders worth naming to a person, best first. */
static const char *const known[] = {
    "libx264", "libx265",    "libsvtav1", "libaom-av1", "libvpx-vp9", "libvpx", "ffv1", "prores_ks",
    "mpeg4",   "mpeg2video", "mjpeg",     "libtheora",  "utvideo",    "gif",    "apng",
};

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
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (fits(f, avcodec_find_encoder_by_name(known[i])))
            rs_strbuf_printf(out, "%s%s", out->len ? ", " : "", known[i]);
}

static const AVCodec *usual_encoder(const AVOutputFormat *f)
{
    /* Rather than MPEG-2 in .ts or MPEG-4 in .avi. */
    const AVCodec *c = avcodec_find_encoder_by_name("libx264");
    return fits(f, c) ? c : avcodec_find_encoder(f->video_codec);
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
    rs_strbuf list;
    rs_strbuf_init(&list, 512);
    list_encoders(format, &list);
    rs_status s;
    if (!name)
        s = RS_FAIL(err, RS_E_UNSUPPORTED, "this FFmpeg has no encoder for '%s'", format->name);
    else if (!c || c->type != AVMEDIA_TYPE_VIDEO)
        s = RS_FAIL(err, RS_E_INVALID, "no video encoder is called '%s'; for '%s' there are: %s",
                    name, format->name, rs_strbuf_str(&list));
    else
        s = RS_FAIL(err, RS_E_INVALID,
                    "'%s' files cannot hold what encoder '%s' makes; usable are: %s", format->name,
                    name, rs_strbuf_str(&list));
    rs_strbuf_release(&list);
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

rs_status rs_pixel_format_for(const AVCodec *codec, const char *name, enum AVPixelFormat *format,
                              rs_err *err)
{
    const enum AVPixelFormat *list = formats_of(codec);
    if (!name) {
        *format = has_format(list, AV_PIX_FMT_YUV420P)
                      ? AV_PIX_FMT_YUV420P
                      : avcodec_find_best_pix_fmt_of_list(list, AV_PIX_FMT_RGB24, 0, NULL);
        return RS_OK;
    }
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

rs_status rs_preset_check(const AVCodec *codec, const char *preset, rs_err *err)
{
    static const char *const names[] = {
        "ultrafast", "superfast", "veryfast", "faster",   "fast",
        "medium",    "slow",      "slower",   "veryslow", "placebo"
    };
    if (strcmp(codec->name, "libx264") != 0 && strcmp(codec->name, "libx264rgb") != 0 &&
        strcmp(codec->name, "libx265") != 0)
        return RS_OK;
    rs_strbuf list;
    rs_strbuf_init(&list, 512);
    rs_status s = RS_E_INVALID;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        rs_strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
        if (strcmp(preset, names[i]) == 0)
            s = RS_OK;
    }
    if (s != RS_OK)
        RS_FAIL(err, s, "encoder '%s' has no preset '%s'; it has: %s", codec->name, preset,
                rs_strbuf_str(&list));
    rs_strbuf_release(&list);
    return s;
}
