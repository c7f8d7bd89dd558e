#include "media/color_tags.h"

#include <string.h>

#include <libavutil/mastering_display_metadata.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/av_pixels.h"
#include "media/av_util.h"

static bool is_rgb(const AVPixFmtDescriptor *desc)
{
    return desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);
}

rs_colour_code rs_color_tags_code(const AVFrame *frame, bool still)
{
    const bool plain = still && frame->color_trc == AVCOL_TRC_UNSPECIFIED;
    return (rs_colour_code){ .primaries = (int)frame->color_primaries,
                             .transfer = (int)(plain ? AVCOL_TRC_IEC61966_2_1 : frame->color_trc) };
}

double rs_color_tags_peak(const AVFrame *frame)
{
    const AVFrameSideData *content =
        av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
    const AVFrameSideData *display =
        av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
    if (content && ((const AVContentLightMetadata *)(const void *)content->data)->MaxCLL > 0)
        return ((const AVContentLightMetadata *)(const void *)content->data)->MaxCLL;
    if (display) {
        const AVMasteringDisplayMetadata *m = (const void *)display->data;
        if (m->has_luminance && m->max_luminance.num > 0 && m->max_luminance.den > 0)
            return av_q2d(m->max_luminance);
    }
    return 1000;
}

void rs_color_tags_read(rs_source_info *info, const AVFrame *frame)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
    info->depth = desc ? rs_av_depth(frame->format) : 8;
    rs_colour_code code = rs_color_tags_code(frame, false);
    info->hdr = rs_colour_hdr(code);
    if (rs_colour_is_mapped(code, false))
        code = rs_colour_after(code);
    info->primaries = code.primaries;
    info->transfer = code.transfer;
    info->matrix = AVCOL_SPC_UNSPECIFIED;
    if (info->hdr != RS_HDR_NONE)
        return;
    info->matrix = (int)frame->colorspace;
    /* the range of RGB is no wish for the YUV that is made of it */
    info->full_range =
        desc && !is_rgb(desc) && desc->nb_components >= 3 &&
        (frame->color_range == AVCOL_RANGE_JPEG || strncmp(desc->name, "yuvj", 4) == 0);
}

static rs_status check_hdr(const AVFrame *frame, rs_err *err)
{
    const enum AVColorPrimaries p = frame->color_primaries;
    rs_matrix m;
    double y[3];
    if (rs_colour_hdr(rs_color_tags_code(frame, false)) == RS_HDR_NONE || p == AVCOL_PRI_UNSPECIFIED ||
        rs_gamut_to_709((int)p, &m, y))
        return RS_OK;
    return RS_FAIL(err, RS_E_UNSUPPORTED,
                   "it is HDR with the primaries '%s', which are not tone-mapped: convert it with "
                   "another program to bt2020, or to SDR, first",
                   av_color_primaries_name(p));
}

rs_status rs_color_tags_check(const AVFrame *frame, rs_err *err)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_YCGCO:
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_SMPTE2085:
    case AVCOL_SPC_CHROMA_DERIVED_CL:
    case AVCOL_SPC_ICTCP: break;
    default: return check_hdr(frame, err);
    }
    return RS_FAIL(err, RS_E_UNSUPPORTED,
                   "its colours are coded as '%s', which is not read: convert it with another "
                   "program to the matrix bt709 or bt2020nc first",
                   av_color_space_name(frame->colorspace));
}

static bool known(int code)
{
    return code > 0 && code != 2; /* H.273: 0 is reserved (of matrices: RGB), 2 unspecified */
}

/* Whether a player hears of matrix and range, from the stream itself or the container. */
static bool is_told(const AVCodecContext *enc, const AVOutputFormat *container)
{
    static const char *const containers[] = { "matroska", "webm", "mp4", "mov" };
    switch (enc->codec_id) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1: return true;
    default: break;
    }
    for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
        if (strcmp(container->name, containers[i]) == 0)
            return true;
    return false;
}

/* The source's, of those that swscale can make, or by the size. */
static enum AVColorSpace matrix_of(const AVCodecContext *enc, const rs_sink_options *o, bool told)
{
    const enum AVColorSpace wanted = told ? (enum AVColorSpace)o->matrix : AVCOL_SPC_UNSPECIFIED;
    switch (wanted) {
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_FCC:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_SMPTE240M:
    case AVCOL_SPC_BT2020_NCL: return wanted;
    default: break;
    }
    const int guess = rs_av_colorspace(AVCOL_SPC_UNSPECIFIED, enc->width, enc->height, false);
    return guess == SWS_CS_ITU709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

void rs_color_tags_write(AVCodecContext *enc, const AVOutputFormat *container,
                         const rs_sink_options *o)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(enc->pix_fmt);
    const bool rgb = is_rgb(desc), told = is_told(enc, container);
    /* decoders of the two take all for limited range */
    const bool limited = enc->codec_id == AV_CODEC_ID_MPEG4 || enc->codec_id == AV_CODEC_ID_PRORES;
    const bool full = rgb || strncmp(desc->name, "yuvj", 4) == 0 || desc->nb_components < 3 ||
                      (o->full_range && told && !limited);
    enc->colorspace = rgb ? AVCOL_SPC_RGB : matrix_of(enc, o, told);
    enc->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    enc->color_primaries =
        known(o->primaries) ? (enum AVColorPrimaries)o->primaries : AVCOL_PRI_BT709;
    enc->color_trc = known(o->transfer) ? (enum AVColorTransferCharacteristic)o->transfer
                                        : AVCOL_TRC_BT709;
}
