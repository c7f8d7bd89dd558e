/* What an encoder is told besides size and pixels: FFmpeg's options. */
#ifndef RS_MEDIA_ENCODER_OPTIONS_H
#define RS_MEDIA_ENCODER_OPTIONS_H

#include <libavcodec/avcodec.h>

#include "media/media.h"

/* Whether the encoder takes this value for this option. An unknown option gives an error
 * that lists those it has, a wrong value one that says what is right; options that have a
 * key of ours, or on which we rely, are refused. */
rs_status rs_encoder_option_check(const AVCodec *codec, const char *key, const char *value, rs_err *err);

/* The same for `encode.preset`. */
rs_status rs_encoder_preset_check(const AVCodec *codec, const char *preset, rs_err *err);

/* Whether `encode.crf` means something to it, by itself or as a quantiser. */
rs_status rs_encoder_crf_check(const AVCodec *codec, rs_err *err);

/* Into enc, which was made for its codec: quality, preset, and the options that are in
 * *dict afterwards, for avcodec_open2. The caller frees *dict, also after an error. */
rs_status rs_encoder_options_set(AVCodecContext *enc, const rs_sink_options *o, AVDictionary **dict,
                                 rs_err *err);

#endif
