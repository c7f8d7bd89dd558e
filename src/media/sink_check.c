/* What can be said of an output's settings before anything is opened. */
#include "media/codecs.h"
#include "media/encoder_options.h"
#include "media/media.h"
#include "media/still_encode.h"

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

rs_status rs_sink_check_format(const char *path, rs_picture_format format, rs_err *err)
{
    rs_sink_kind kind;
    RS_TRY(rs_sink_kind_of(path, true, &kind, err));
    if (kind == RS_SINK_FOLDER || format == RS_PICTURE_PNG)
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "is for folders: what '%s' will be its name says", path);
}

rs_status rs_sink_check_bits(const char *path, rs_picture_format format, int bits, rs_err *err)
{
    rs_sink_kind kind;
    RS_TRY(rs_sink_kind_of(path, true, &kind, err));
    if (kind == RS_SINK_PICTURE)
        format = rs_picture_format_of(path);
    if (bits != 16 ||
        (kind != RS_SINK_VIDEO && (format == RS_PICTURE_PNG || format == RS_PICTURE_TIFF)))
        return RS_OK;
    if (kind == RS_SINK_VIDEO)
        return RS_FAIL(
            err, RS_E_INVALID,
            "is for pictures: of videos 'encode.pixel_format' says it, such as yuv420p10le");
    return RS_FAIL(err, RS_E_INVALID, "JPEG and WebP have 8 bits: write PNG or TIFF");
}
