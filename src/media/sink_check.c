/* What can be said of an output's settings before anything is opened. */
#include "media/codecs.h"
#include "media/encoder_options.h"
#include "media/media.h"

/* NULL: path is no video, and has no encoder with settings. */
static rs_status find_encoder(const char *path, const char *name, const AVCodec **codec,
                              rs_err *err)
{
    rs_sink_kind kind;
    const AVOutputFormat *format;
    *codec = NULL;
    RS_TRY(rs_sink_kind_of(path, false, &kind, err));
    if (kind != RS_SINK_VIDEO)
        return RS_OK;
    RS_TRY(rs_container_of(path, &format, err));
    return rs_encoder_for(format, name, codec, err);
}

rs_status rs_sink_check_codec(const char *path, const char *codec, rs_err *err)
{
    const AVCodec *c;
    return find_encoder(path, codec, &c, err);
}

rs_status rs_sink_check_preset(const char *path, const char *codec, const char *preset, rs_err *err)
{
    const AVCodec *c;
    RS_TRY(find_encoder(path, codec, &c, err));
    return c ? rs_encoder_preset_check(c, preset, err) : RS_OK;
}

rs_status rs_sink_check_crf(const char *path, const char *codec, rs_err *err)
{
    const AVCodec *c;
    RS_TRY(find_encoder(path, codec, &c, err));
    return c ? rs_encoder_crf_check(c, err) : RS_OK;
}

rs_status rs_sink_check_pixels(const char *path, const char *codec, const char *format, rs_err *err)
{
    const AVCodec *c;
    enum AVPixelFormat f;
    RS_TRY(find_encoder(path, codec, &c, err));
    return c ? rs_pixel_format_for(c, format, false, &f, err) : RS_OK;
}

rs_status rs_sink_check_option(const char *path, const char *codec, const rs_pair *option,
                               rs_err *err)
{
    const AVCodec *c;
    RS_TRY(find_encoder(path, codec, &c, err));
    return c ? rs_encoder_option_check(c, option->key, option->value, err) : RS_OK;
}
