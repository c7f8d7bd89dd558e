#include "media/av_util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/display.h>
#include <libswscale/swscale.h>

#include "base/mem.h"

void rs_av_quiet(void)
{
    av_log_set_level(AV_LOG_QUIET);
}

rs_status rs_av_fail(rs_err *err, rs_status code, int averr, const char *fmt, ...)
{
    char what[768], why[AV_ERROR_MAX_STRING_SIZE];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    /* FFmpeg's own codes are four-letter tags, far below any negated errno. */
    const bool is_errno = averr < 0 && averr > -4096;
    if (is_errno)
        return rs_err_sys(err, AVUNERROR(averr), "%s", what);
    if (averr == AVERROR_EXIT)
        code = RS_E_CANCELLED;
    if (av_strerror(averr, why, sizeof(why)) < 0)
        snprintf(why, sizeof(why), "FFmpeg error %d", averr);
    why[0] = (char)(why[0] >= 'A' && why[0] <= 'Z' ? why[0] + 32 : why[0]);
    return RS_FAIL(err, code, "%s: %s", what, why);
}

static int is_stopped(void *stop)
{
    return rs_stop_asked(stop);
}

rs_status rs_av_open_input(const char *path, const rs_stop *stop, AVFormatContext **fmt, rs_err *err)
{
    rs_av_quiet();
    const size_t n = strlen(path) + sizeof("file:");
    char *url = rs_alloc(n);
    if (!url)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    snprintf(url, n, "file:%s", path);

    AVDictionary *opts = NULL;
    av_dict_set(&opts, "protocol_whitelist", "file", 0);
    av_dict_set(&opts, "pattern_type", "none", 0); /* '%d' in a name is no sequence */
    AVFormatContext *f = avformat_alloc_context();
    if (f) /* NULL: FFmpeg makes one, or says why not */
        f->interrupt_callback = (AVIOInterruptCB){ is_stopped, (void *)(uintptr_t)stop };
    int e = avformat_open_input(&f, url, NULL, &opts);
    av_dict_free(&opts);
    rs_free(url);
    if (e < 0)
        return rs_av_fail(err, RS_E_FORMAT, e, "cannot open '%s' as video or picture", path);

    /* Containers that only point at other files. */
    static const char *const playlists[] = { "hls", "dash", "concat", "imf", "sdp", "rtsp" };
    for (size_t i = 0; i < sizeof(playlists) / sizeof(playlists[0]); i++) {
        if (strcmp(f->iformat->name, playlists[i]) == 0) {
            avformat_close_input(&f);
            return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is a playlist (%s), expected a video file",
                           path, playlists[i]);
        }
    }
    e = avformat_find_stream_info(f, NULL);
    if (e < 0) {
        avformat_close_input(&f);
        return rs_av_fail(err, RS_E_FORMAT, e, "cannot read the streams of '%s'", path);
    }
    *fmt = f;
    return RS_OK;
}

/* Damaged places in a row, behind which nothing is looked for. */
enum { MAX_BAD_READS = 64 };

int rs_av_read(AVFormatContext *fmt, AVPacket *packet, bool *truncated)
{
    for (int n_bad = 0; n_bad < MAX_BAD_READS;) {
        const int e = av_read_frame(fmt, packet);
        const int io = fmt->pb ? fmt->pb->error : 0; /* which FFmpeg takes for the end */
        if (e == AVERROR_EOF && io < 0 && io != AVERROR_EOF)
            return io;
        if (e >= 0 || e == AVERROR_EOF)
            return e;
        if (e == AVERROR_INVALIDDATA)
            n_bad++;
        else if (e != AVERROR(EAGAIN))
            return e;
    }
    *truncated = true;
    return AVERROR_EOF;
}

int64_t rs_av_start(const AVFormatContext *fmt, AVRational time_base)
{
    if (fmt->start_time == AV_NOPTS_VALUE || fmt->start_time <= 0)
        return 0;
    return av_rescale_q(fmt->start_time, AV_TIME_BASE_Q, time_base);
}

#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
#define DURATION duration
#else
#define DURATION pkt_duration
#endif

int64_t rs_av_duration(const AVFrame *frame)
{
    return frame->DURATION;
}

void rs_av_set_duration(AVFrame *frame, int64_t duration)
{
    frame->DURATION = duration;
}

rs_orient rs_orient_from_matrix(const int32_t m[9])
{
    /* x' = m0 x + m3 y, y' = m1 x + m4 y. */
    const int64_t straight = llabs((int64_t)m[0]) + llabs((int64_t)m[4]);
    const int64_t crossed = llabs((int64_t)m[1]) + llabs((int64_t)m[3]);
    if (crossed > straight)
        return (rs_orient){ .transpose = true, .flip_x = m[3] < 0, .flip_y = m[1] < 0 };
    return (rs_orient){ .flip_x = m[0] < 0, .flip_y = m[4] < 0 };
}

const uint8_t *rs_av_side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t *size)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *sd =
        av_packet_side_data_get(stream->codecpar->coded_side_data,
                                stream->codecpar->nb_coded_side_data, type);
    *size = sd ? sd->size : 0;
    return sd ? sd->data : NULL;
#else
    return av_stream_get_side_data(stream, type, size);
#endif
}

rs_orient rs_av_orient(const AVFrame *frame, const AVStream *stream)
{
    int32_t m[9];
    const AVFrameSideData *sd = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    const uint8_t *data = sd ? sd->data : NULL;
    size_t size = sd ? (size_t)sd->size : 0;
    if (!data)
        data = rs_av_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (!data || size < sizeof(m))
        return (rs_orient){ 0 };
    memcpy(m, data, sizeof(m));
    return rs_orient_from_matrix(m);
}

int rs_av_colorspace(enum AVColorSpace space, int width, int height, bool still)
{
    switch (space) {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_FCC: return SWS_CS_FCC;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
    default: break;
    }
    return !still && (height > 576 || width > 1024) ? SWS_CS_ITU709 : SWS_CS_ITU601;
}
