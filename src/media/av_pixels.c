#include "media/av_pixels.h"

#include <string.h>

#include <libavutil/pixdesc.h>

#include "base/mem.h"
#include "media/alpha.h"
#include "media/color_tags.h"
#include "media/convert.h"

/* No MMX shortcuts: the same pixels on every machine. Chroma is interpolated. */
#define FLAGS                                                                                      \
    (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP)
#define PAD 64 /* bytes swscale's vector code may touch behind a row */

void rs_av_pixels_release(rs_av_pixels *px)
{
    sws_freeContext(px->sws);
    rs_free(px->buffer);
    rs_tone_map_release(&px->tone);
    *px = (rs_av_pixels){ 0 };
}

int rs_av_depth(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    int depth = 0;
    for (int i = 0; desc && i < desc->nb_components; i++)
        if (desc->comp[i].depth > depth)
            depth = desc->comp[i].depth;
    return depth;
}

/* The "j" formats are the plain ones with a range of 0 to 255. */
static enum AVPixelFormat without_j(enum AVPixelFormat format, bool *full)
{
    static const enum AVPixelFormat pairs[][2] = {
        { AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P }, { AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P },
        { AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P }, { AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P },
        { AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (format == pairs[i][0]) {
            *full = true;
            return pairs[i][1];
        }
    }
    return format;
}

static rs_status reserve(rs_av_pixels *px, size_t row_bytes, int rows, size_t *stride, rs_err *err)
{
    size_t n;
    *stride = (row_bytes + PAD + PAD - 1) / PAD * PAD;
    if (!rs_mul_size(*stride, (size_t)rows, &n) || !rs_add_size(n, PAD, &n))
        return RS_FAIL(err, RS_E_RANGE, "picture too large");
    if (n <= px->buffer_size)
        return RS_OK;
    rs_free(px->buffer);
    px->buffer_size = 0;
    px->buffer = rs_calloc(n);
    if (!px->buffer)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a picture of %zu bytes", n);
    px->buffer_size = n;
    return RS_OK;
}

/* A context between `from` and `to` of one size; YUV on either side has the
 * matrix `space`. full: range of the source, for decoding; of the target, else. */
static rs_status prepare(rs_av_pixels *px, int w, int h, enum AVPixelFormat from,
                         enum AVPixelFormat to, bool decoding, int space, bool full, rs_err *err)
{
    if (px->sws && px->width == w && px->height == h && px->from == (int)from &&
        px->to == (int)to && px->space == space && px->full_range == full)
        return RS_OK;
    sws_freeContext(px->sws);
    px->sws = NULL;
    if (sws_isSupportedInput(from) && sws_isSupportedOutput(to))
        px->sws = sws_getContext(w, h, from, w, h, to, FLAGS, NULL, NULL, NULL);
    if (!px->sws)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "cannot convert pixels from %s to %s",
                       av_get_pix_fmt_name(from), av_get_pix_fmt_name(to));
    const int *table = sws_getCoefficients(space);
    /* Fails for pairs without YUV, where there is nothing to set. */
    sws_setColorspaceDetails(px->sws, table, decoding ? full : 1, table, decoding ? 1 : full, 0,
                             1 << 16, 1 << 16);
    px->width = w;
    px->height = h;
    px->from = (int)from;
    px->to = (int)to;
    px->space = space;
    px->full_range = full;
    return RS_OK;
}

/* Decoded samples as they stand in px->buffer. */
struct samples {
    size_t stride;
    int w, h, channels, bytes;
};

/* The way of the frame's colours to ours, and px->colours. The peak is that of the first frame: one
 * that changes would flicker. */
static rs_status find_colours(rs_av_pixels *px, const AVFrame *frame, rs_colour_code code, bool still,
                              rs_err *err)
{
    const AVFrameSideData *profile = av_frame_get_side_data(frame, AV_FRAME_DATA_ICC_PROFILE);
    const bool begun = px->tone.from.transfer == code.transfer;
    rs_icc icc;
    px->colours = RS_COLOURS_SRGB;
    if (rs_colour_is_mapped(code, still)) {
        RS_TRY(rs_tone_map_prepare(&px->tone, code, begun ? px->tone.peak : rs_color_tags_peak(frame), err));
        px->colours = rs_colours_of(&px->tone);
    } else if (profile) {
        const rs_icc_kind kind = rs_icc_read(profile->data, (size_t)profile->size, &icc);
        px->colours = kind == RS_ICC_UNREAD  ? RS_COLOURS_UNREAD
                      : kind == RS_ICC_OTHER ? RS_COLOURS_CONVERTED
                                             : RS_COLOURS_SRGB;
        if (kind == RS_ICC_OTHER)
            RS_TRY(rs_tone_map_prepare_icc(&px->tone, &icc, err));
    }
    return RS_OK;
}

static bool is_mapped(const rs_av_pixels *px)
{
    return px->colours != RS_COLOURS_SRGB && px->colours != RS_COLOURS_UNREAD;
}

static rs_status to_samples(rs_av_pixels *px, const AVFrame *frame, bool still, struct samples *out,
                            rs_err *err)
{
    RS_TRY(rs_color_tags_check(frame, err));
    bool full = frame->color_range == AVCOL_RANGE_JPEG;
    const enum AVPixelFormat from = without_j((enum AVPixelFormat)frame->format, &full);
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(from);
    if (!desc)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "unknown pixel format %d", frame->format);
    /* grey without a tag is that of pictures, as for swscale and FFmpeg's own filters */
    if (desc->nb_components < 3 && frame->color_range == AVCOL_RANGE_UNSPECIFIED)
        full = true;
    const rs_colour_code code = rs_color_tags_code(frame, still);
    RS_TRY(find_colours(px, frame, code, still, err));
    /* swscale makes RGB of 16 bits out of 8 by way of YUV, which is not exact */
    const bool widened = is_mapped(px) && rs_av_depth(from) <= 8 &&
                         desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);
    const bool deep = rs_av_depth(from) > 8 || (is_mapped(px) && !widened);
    const bool alpha = (desc->flags & AV_PIX_FMT_FLAG_ALPHA) || from == AV_PIX_FMT_PAL8;
    const enum AVPixelFormat to = alpha ? (deep ? AV_PIX_FMT_RGBA64 : AV_PIX_FMT_RGBA)
                                        : (deep ? AV_PIX_FMT_RGB48 : AV_PIX_FMT_RGB24);
    struct samples s = { .w = frame->width, .h = frame->height, .channels = alpha ? 4 : 3,
                         .bytes = deep ? 2 : 1 };
    const size_t row = (size_t)s.w * (size_t)s.channels;
    RS_TRY(reserve(px, row * (size_t)(widened ? 2 : s.bytes), s.h, &s.stride, err));
    RS_TRY(prepare(px, s.w, s.h, from, to, true,
                   rs_colour_hdr(code) != RS_HDR_NONE && frame->colorspace == AVCOL_SPC_UNSPECIFIED
                       ? SWS_CS_BT2020
                       : rs_av_colorspace(frame->colorspace, s.w, s.h, still),
                   full, err));
    uint8_t *rows[4] = { px->buffer };
    const int strides[4] = { (int)s.stride };
    const int n = sws_scale(px->sws, (const uint8_t *const *)frame->data, frame->linesize, 0, s.h,
                            rows, strides);
    if (n != s.h)
        return RS_FAIL(err, RS_E_INTERNAL, "pixel conversion gave %d rows of %d", n, s.h);
    for (int y = 0; is_mapped(px) && y < s.h; y++) {
        uint8_t *p = px->buffer + (size_t)y * s.stride;
        if (widened)
            rs_widen_samples((uint16_t *)(void *)p, p, row);
        rs_tone_map_run(&px->tone, (uint16_t *)(void *)p, (size_t)s.w, s.channels);
    }
    s.bytes = widened ? 2 : s.bytes;
    *out = s;
    return RS_OK;
}

/* Each sample to its turned and moved place, over what is there. */
static void lay(rs_image *im, const rs_av_pixels *px, const struct samples *s, rs_orient o, int x0,
                int y0)
{
    const size_t step = (size_t)s->channels * (size_t)s->bytes;
    for (int y = 0; y < s->h; y++) {
        const uint8_t *row = px->buffer + (size_t)y * s->stride;
        for (int x = 0; x < s->w; x++) {
            int dx = (o.transpose ? y : x) + x0, dy = (o.transpose ? x : y) + y0;
            dx = o.flip_x ? im->width - 1 - dx : dx;
            dy = o.flip_y ? im->height - 1 - dy : dy;
            if (dx < 0 || dx >= im->width || dy < 0 || dy >= im->height)
                continue;
            float *rgb = im->rgb + ((size_t)dy * (size_t)im->width + (size_t)dx) * 3;
            const float a = rs_samples_over_rgb(rgb, row + (size_t)x * step, s->channels, s->bytes);
            if (im->alpha) {
                float *under = im->alpha + (size_t)dy * (size_t)im->width + (size_t)dx;
                *under = a + *under * (1.0f - a);
            }
        }
    }
}

rs_status rs_av_to_image(rs_av_pixels *px, const AVFrame *frame, rs_orient orient, bool still,
                         rs_image *image, rs_err *err)
{
    struct samples s;
    const int w = orient.transpose ? frame->height : frame->width;
    const int h = orient.transpose ? frame->width : frame->height;
    if (!image->rgb || image->width != w || image->height != h) {
        rs_image_release(image);
        RS_TRY(rs_image_alloc(image, w, h, err));
    }
    RS_TRY(to_samples(px, frame, still, &s, err));
    rs_alpha_drop(image);
    if (s.channels == 4) {
        RS_TRY(rs_alpha_alloc(image, err));
        memset(image->alpha, 0, (size_t)w * (size_t)h * sizeof(float));
        rs_fill_white(image->rgb, (size_t)w * (size_t)h);
    }
    lay(image, px, &s, orient, 0, 0);
    rs_alpha_settle(image);
    image->depth = rs_av_depth((enum AVPixelFormat)frame->format);
    image->colours = px->colours;
    return RS_OK;
}

rs_status rs_av_over_image(rs_av_pixels *px, const AVFrame *frame, int x0, int y0, bool still,
                           rs_image *image, rs_err *err)
{
    struct samples s;
    RS_TRY(to_samples(px, frame, still, &s, err));
    lay(image, px, &s, (rs_orient){ 0 }, x0, y0);
    return RS_OK;
}

bool rs_av_may_be_clear(const AVFrame *frame)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
    const bool pal = frame->format == AV_PIX_FMT_PAL8;
    if (!desc || !(pal || desc->flags & AV_PIX_FMT_FLAG_ALPHA))
        return false;
    const bool packed8 = desc->nb_components == 4 && desc->comp[3].step == 4 &&
                         desc->comp[3].depth == 8;
    if (!pal && !packed8)
        return true;
    const int offset = packed8 ? desc->comp[3].offset : 0;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *row = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        for (int x = 0; x < frame->width; x++) {
            uint32_t entry = 0; /* of the palette: ARGB in this machine's order */
            if (pal)
                memcpy(&entry, frame->data[1] + 4 * row[x], sizeof(entry));
            if ((pal ? entry >> 24 : row[4 * x + offset]) < 255)
                return true;
        }
    }
    return false;
}

int rs_av_rounds_to(enum AVPixelFormat format)
{
    return rs_av_depth(format) > 8 ? 16 : 8;
}

/* The image as samples in px->buffer, its last column and row repeated to w x h. */
static rs_status from_floats(rs_av_pixels *px, const rs_image *image, struct samples *s,
                             rs_err *err)
{
    const size_t step = (size_t)s->channels * (size_t)s->bytes, last = (size_t)image->width - 1;
    RS_TRY(reserve(px, (size_t)s->w * step, s->h, &s->stride, err));
    for (int y = 0; y < s->h; y++) {
        const size_t at = (size_t)(y < image->height ? y : image->height - 1) * (last + 1);
        uint8_t *row = px->buffer + (size_t)y * s->stride;
        rs_pixels_to_samples(row, image->rgb + at * 3, image->alpha ? image->alpha + at : NULL,
                             last + 1, s->channels, s->bytes * 8, true);
        for (size_t x = last + 1; x < (size_t)s->w; x++)
            memcpy(row + x * step, row + last * step, step);
    }
    return RS_OK;
}

rs_status rs_av_from_image(rs_av_pixels *px, const rs_image *image, AVFrame *frame, rs_err *err)
{
    const enum AVPixelFormat to = (enum AVPixelFormat)frame->format;
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(to);
    if (!desc)
        return RS_FAIL(err, RS_E_INTERNAL, "unknown pixel format %d", frame->format);
    /* From 16-bit RGB swscale would dither 8-bit output, so round first. */
    const bool deep = rs_av_rounds_to(to) > 8;
    const bool alpha = image->alpha && desc->flags & AV_PIX_FMT_FLAG_ALPHA;
    const enum AVPixelFormat from = alpha ? (deep ? AV_PIX_FMT_RGBA64 : AV_PIX_FMT_RGBA)
                                          : (deep ? AV_PIX_FMT_RGB48 : AV_PIX_FMT_RGB24);
    struct samples s = { .w = frame->width, .h = frame->height, .channels = alpha ? 4 : 3,
                         .bytes = deep ? 2 : 1 };
    RS_TRY(from_floats(px, image, &s, err));
    RS_TRY(prepare(px, s.w, s.h, from, to, false,
                   rs_av_colorspace(frame->colorspace, s.w, s.h, false),
                   frame->color_range == AVCOL_RANGE_JPEG, err));
    const uint8_t *in[4] = { px->buffer };
    const int in_stride[4] = { (int)s.stride };
    const int rows = sws_scale(px->sws, in, in_stride, 0, s.h, frame->data, frame->linesize);
    if (rows != s.h)
        return RS_FAIL(err, RS_E_INTERNAL, "pixel conversion gave %d rows of %d", rows, s.h);
    return RS_OK;
}
