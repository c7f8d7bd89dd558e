/* What a film says of its colours, by the numbers of ITU-T H.273 (which are FFmpeg's):
 * read from a frame, and written for an encoder. 2: unspecified. */
#ifndef RS_MEDIA_COLOR_TAGS_H
#define RS_MEDIA_COLOR_TAGS_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/media.h"
#include "media/tone_map.h"

/* Primaries, transfer, matrix, range, depth and hdr of info, of a film's frame; of colours that are
 * mapped those of what is made of them. */
void rs_color_tags_read(rs_source_info *info, const AVFrame *frame);

/* What the frame's colours are. still: what says no curve has sRGB's. */
rs_colour_code rs_color_tags_code(const AVFrame *frame, bool still);

/* The light of an HDR film's brightest part in cd/m2: as its metadata have it, or 1000. */
double rs_color_tags_peak(const AVFrame *frame);

/* RS_E_UNSUPPORTED for a coding that no matrix undoes (ICtCp, YCgCo, constant luminance),
 * and for HDR with primaries that rs_gamut_to_709 does not know. */
rs_status rs_color_tags_check(const AVFrame *frame, rs_err *err);

/* Of the encoder, whose size and pixel format are set: the source's tags. Where the output
 * cannot tell a player of them, or they are unspecified, the matrix follows from the size,
 * as players guess it, and the range is limited; tags then say the same. */
void rs_color_tags_write(AVCodecContext *enc, const AVOutputFormat *container,
                         const rs_sink_options *o);

#endif
