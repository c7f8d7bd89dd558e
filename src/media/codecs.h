/* Containers by file name, and encoders that fit them. */
#ifndef RS_MEDIA_CODECS_H
#define RS_MEDIA_CODECS_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/err.h"

/* The container that path's extension names, if it holds video. */
rs_status rs_container_of(const char *path, const AVOutputFormat **format, rs_err *err);

/* The encoder called name; for NULL libx264 where it fits, else the container's
 * usual one. An unknown or unfit name gives an error that lists usable ones. */
rs_status rs_encoder_for(const AVOutputFormat *format, const char *name, const AVCodec **codec,
                         rs_err *err);

/* The format called name, or yuv420p if the encoder takes it, else whatever of
 * the encoder's formats loses least. */
rs_status rs_pixel_format_for(const AVCodec *codec, const char *name, enum AVPixelFormat *format,
                              rs_err *err);

/* x264 and x265 share their preset names, and x264 prints to standard error on an
 * unknown one: refused here, with the list. Other encoders check by themselves. */
rs_status rs_preset_check(const AVCodec *codec, const char *preset, rs_err *err);

#endif
