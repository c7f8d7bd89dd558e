/* Small parts shared by the FFmpeg reader and writer. */
#ifndef RS_MEDIA_AV_UTIL_H
#define RS_MEDIA_AV_UTIL_H

#include <libavformat/avformat.h>
#include <libavutil/frame.h>

#include "base/err.h"
#include "media/media.h"

/* FFmpeg's process-wide log is not ours to print: errors carry what matters. */
void rs_av_quiet(void);

/* rs_err_set with ": <FFmpeg's text for averr>" appended. System errors keep the
 * status of their errno, AVERROR_EXIT is RS_E_CANCELLED; FFmpeg's own become `code`. Returns the
 * status. */
rs_status rs_av_fail(rs_err *err, rs_status code, int averr, const char *fmt, ...) RS_PRINTF(4, 5);

/* Opens a local file for reading; nothing in it can make FFmpeg reach the
 * network or another file. stop (may be NULL, outlives *fmt) ends this and all reading. */
rs_status rs_av_open_input(const char *path, const rs_stop *stop, AVFormatContext **fmt, rs_err *err);

/* av_read_frame that passes over what cannot be read: 0, AVERROR_EOF at the end, or the
 * system's error. *truncated is set when nothing more can be made out of the file. */
int rs_av_read(AVFormatContext *fmt, AVPacket *packet, bool *truncated);

/* The file's start in time_base units: subtracted from every timestamp, so that
 * time begins at 0 for containers that start anywhere (MPEG-TS). Starts before 0
 * (audio priming) are left alone. */
int64_t rs_av_start(const AVFormatContext *fmt, AVRational time_base);

static inline AVRational rs_av_rational(rs_rational r)
{
    return (AVRational){ r.num, r.den };
}

/* A frame's duration in the time base of what made it, as FFmpeg before and after 5.1 calls it. */
int64_t rs_av_duration(const AVFrame *frame);
void rs_av_set_duration(AVFrame *frame, int64_t duration);

/* What the container says of a stream beside its tags; NULL: nothing of that type. */
const uint8_t *rs_av_side_data(const AVStream *stream, enum AVPacketSideDataType type,
                               size_t *size);

/* How stored pixels become seen ones: pixel (x, y) of the [h, w] picture goes to
 * column flip_x ? w-1-x : x and row flip_y ? h-1-y : y, and with transpose to
 * column flip_x ? h-1-y : y and row flip_y ? w-1-x : x. */
typedef struct rs_orient {
    bool transpose, flip_x, flip_y;
} rs_orient;

/* Out of a 3x3 display matrix, to the nearest quarter turn. */
rs_orient rs_orient_from_matrix(const int32_t matrix[9]);
/* Of the frame: its own display matrix (EXIF), else the stream's, else none. */
rs_orient rs_av_orient(const AVFrame *frame, const AVStream *stream);

/* SWS_CS_* of a matrix coefficient code. Unspecified: BT.709 above 576 rows or
 * 1024 columns and BT.601 otherwise, as players do; always BT.601 for stills. */
int rs_av_colorspace(enum AVColorSpace space, int width, int height, bool still);

#endif
