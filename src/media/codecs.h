/* Containers by file name, and encoders that fit them. */
#ifndef RS_MEDIA_CODECS_H
#define RS_MEDIA_CODECS_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/err.h"
#include "base/log.h"

/* The container that path's extension names, if it holds video. */
rs_status rs_container_of(const char *path, const AVOutputFormat **format, rs_err *err);

/* The encoder called name; for NULL libx264 where it fits, else the container's
 * usual one. A name that is unknown, unfit or not in this FFmpeg gives an error that
 * lists usable ones. */
rs_status rs_encoder_for(const AVOutputFormat *format, const char *name, const AVCodec **codec,
                         rs_err *err);

/* RS_E_UNSUPPORTED for Dolby Vision without a base layer that others can show (profile 5). */
rs_status rs_dolby_check(const AVStream *stream, const char *path, rs_err *err);

/* The decoder for a stream whose usual one is given: VP8 and VP9 with transparency need
 * libvpx's, without which log hears that it is lost. */
const AVCodec *rs_decoder_for(const AVStream *stream, const AVCodec *usual, const rs_log *log);

/* What an encoder is told where the pipeline says nothing. */
typedef struct rs_encoder_ways {
    const char *name;
    const char *format, *alpha_format; /* stored pixels, without and with transparency; NULL: no
                                          favourite; it holds none */
    enum { RS_QUALITY_CRF,    /* `crf`, or a quantiser made of it */
           RS_QUALITY_WEBP,   /* `quality` and `lossless`, as pictures */
           RS_QUALITY_ITS_OWN /* lossless, or with rates of its own */ } quality;
    const char *options;   /* "key=value:..."; NULL: FFmpeg's defaults */
} rs_encoder_ways;

/* Never NULL; every field zero for encoders that are not known by name. */
const rs_encoder_ways *rs_encoder_ways_of(const AVCodec *codec);

/* The format called name, or the encoder's usual one (with transparency, when alpha is
 * set and it has one), or yuv420p if it takes that, else whatever loses least. */
rs_status rs_pixel_format_for(const AVCodec *codec, const char *name, bool alpha,
                              enum AVPixelFormat *format, rs_err *err);

#endif
