/* PNG through libpng, the others through FFmpeg: JPEG through its own encoder, with the
 * quantisation tables of the JPEG standard (annex K) scaled as libjpeg does, so that
 * `quality` means what it means elsewhere (that encoder keeps the first value of each
 * table, the mean's, at 8); WebP through libwebp; TIFF packed with zlib. */
#include "media/still_encode.h"

#include <string.h>
#include <strings.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "base/fs.h"
#include "base/mem.h"
#include "media/av_pixels.h"
#include "media/exif.h"
#include "media/png_io.h"
#include "media/still_text.h"

enum { TABLE = 64, QSCALE = 8 /* at which the encoder takes a table as it is */ };

static const uint8_t luma[TABLE] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
};
static const uint8_t chroma[TABLE] = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

static const struct format {
    const char *ext, *other_ext, *encoder;
} formats[] = {
    [RS_PICTURE_PNG] = { ".png", ".png", NULL },
    [RS_PICTURE_JPEG] = { ".jpg", ".jpeg", "mjpeg" },
    [RS_PICTURE_WEBP] = { ".webp", ".webp", "libwebp" },
    [RS_PICTURE_TIFF] = { ".tif", ".tiff", "tiff" },
};

rs_picture_format rs_picture_format_of(const char *name)
{
    const char *ext = rs_path_ext(name);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcasecmp(ext, formats[i].ext) == 0 || strcasecmp(ext, formats[i].other_ext) == 0)
            return (rs_picture_format)i;
    return RS_PICTURE_PNG;
}

const char *rs_picture_format_ext(rs_picture_format format)
{
    return formats[format].ext;
}

/* libjpeg's jpeg_quality_scaling and jpeg_add_quant_table; the context frees it. */
static uint16_t *scaled_table(const uint8_t *base, int quality)
{
    const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    uint16_t *t = av_malloc(TABLE * sizeof(*t));
    for (int i = 0; t && i < TABLE; i++) {
        const int v = (base[i] * scale + 50) / 100;
        t[i] = (uint16_t)(v < 1 ? 1 : v > 255 ? 255 : v);
    }
    return t;
}

static rs_status set_jpeg(AVCodecContext *enc, const rs_still_options *o, rs_err *err)
{
    enc->global_quality = QSCALE * FF_QP2LAMBDA;
    enc->pix_fmt = AV_PIX_FMT_YUVJ420P;
    enc->intra_matrix = scaled_table(luma, o->quality);
    enc->chroma_intra_matrix = scaled_table(chroma, o->quality);
    if (!enc->intra_matrix || !enc->chroma_intra_matrix)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write a picture");
    av_opt_set(enc->priv_data, "huffman", "optimal", 0);
    return RS_OK;
}

static enum AVPixelFormat tiff_pixels(bool alpha, int bits)
{
    if (bits == 16)
        return alpha ? AV_PIX_FMT_RGBA64LE : AV_PIX_FMT_RGB48LE;
    return alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
}

static rs_status set_up(AVCodecContext *enc, const rs_image *image, const rs_still_options *o,
                        rs_err *err)
{
    enc->width = image->width;
    enc->height = image->height;
    enc->time_base = (AVRational){ 1, 25 };
    enc->thread_count = 1;
    enc->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT; /* no version inside */
    enc->color_range = AVCOL_RANGE_JPEG;
    if (enc->codec_id == AV_CODEC_ID_MJPEG) {
        RS_TRY(set_jpeg(enc, o, err));
    } else if (enc->codec_id == AV_CODEC_ID_TIFF) {
        enc->pix_fmt = tiff_pixels(image->alpha != NULL, o->bits);
        av_opt_set(enc->priv_data, "compression_algo", "deflate", 0);
    } else {
        enc->global_quality = o->quality * FF_QP2LAMBDA;
        enc->pix_fmt = AV_PIX_FMT_BGRA;
        av_opt_set_int(enc->priv_data, "lossless", o->lossless, 0);
    }
    const int e = avcodec_open2(enc, NULL, NULL);
    return e < 0 ? rs_av_fail(err, RS_E_UNSUPPORTED, e, "encoder '%s' refuses a picture of %dx%d",
                              enc->codec->name, enc->width, enc->height)
                 : RS_OK;
}

static rs_status convert(const rs_image *image, const AVCodecContext *enc, AVFrame *frame, rs_err *err)
{
    rs_av_pixels px = { 0 };
    frame->format = enc->pix_fmt;
    frame->width = image->width;
    frame->height = image->height;
    frame->quality = enc->global_quality;
    frame->color_range = AVCOL_RANGE_JPEG;
    frame->colorspace = AVCOL_SPC_SMPTE170M; /* JFIF's; of no effect on RGB */
    if (av_frame_get_buffer(frame, 0) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write a picture");
    const rs_status s = rs_av_from_image(&px, image, frame, err);
    rs_av_pixels_release(&px);
    return s;
}

static rs_status run_encoder(AVCodecContext *enc, const rs_image *image, AVFrame *frame,
                             AVPacket *packet, rs_err *err)
{
    RS_TRY(convert(image, enc, frame, err));
    int e = avcodec_send_frame(enc, frame);
    if (e >= 0)
        e = avcodec_send_frame(enc, NULL);
    if (e >= 0)
        e = avcodec_receive_packet(enc, packet);
    return e < 0 ? rs_av_fail(err, RS_E_INTERNAL, e, "encoder '%s' fails", enc->codec->name) : RS_OK;
}

static rs_status add_text(const AVPacket *packet, rs_picture_format format, const rs_image *image,
                          const rs_picture_text *text, uint8_t **data, size_t *size, rs_err *err)
{
    const size_t n = (size_t)packet->size;
    const bool any = text->parameters || text->pipeline;
    if (any && format == RS_PICTURE_JPEG)
        return rs_jpeg_add_text(packet->data, n, text, data, size, err);
    if (any && format == RS_PICTURE_WEBP)
        return rs_webp_add_text(packet->data, n, image->width, image->height, text, data, size, err);
    if (any && format == RS_PICTURE_TIFF)
        return rs_tiff_add_text(packet->data, n, text, data, size, err);
    *data = rs_alloc(n);
    if (!*data)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write a picture");
    memcpy(*data, packet->data, n);
    *size = n;
    return RS_OK;
}

static rs_status encode_with_ffmpeg(rs_picture_format format, const rs_image *image,
                                    const rs_still_options *o, uint8_t **data, size_t *size,
                                    rs_err *err)
{
    const char *name = formats[format].encoder;
    rs_av_quiet();
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (!codec)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "this FFmpeg has no encoder '%s': write a PNG", name);
    AVCodecContext *enc = avcodec_alloc_context3(codec);
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    rs_status s = RS_OK;
    if (!enc || !frame || !packet) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to write a picture");
    } else {
        s = set_up(enc, image, o, err);
        if (s == RS_OK)
            s = run_encoder(enc, image, frame, packet, err);
        if (s == RS_OK)
            s = add_text(packet, format, image, &o->text, data, size, err);
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    if (enc)
        av_freep(&enc->chroma_intra_matrix); /* FFmpeg 5 frees the other one only */
    avcodec_free_context(&enc);
    return s;
}

rs_status rs_still_encode(rs_picture_format format, const rs_image *image,
                          const rs_still_options *o, uint8_t **data, size_t *size, rs_err *err)
{
    if (format == RS_PICTURE_PNG)
        return rs_png_encode(
            image,
            &(rs_png_options){
                .text = o->text, .bits = o->bits == 16 ? 16 : 8, .alpha = true, .off_white = true },
            data, size, err);
    return encode_with_ffmpeg(format, image, o, data, size, err);
}
