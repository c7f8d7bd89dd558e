/* Lanczos through libswscale, and A1111's three ways to meet a size.
 *
 * Each channel is scaled alone as a grey plane (GRAYF32, 16 bits inside):
 * scaling RGB pictures directly would take them through YUV. The kernel is that
 * of Pillow's LANCZOS: three lobes, widened by the ratio when shrinking, so that
 * is antialiased. Like Pillow, columns first, and what overshoots 0..1 is cut
 * between the two passes; swscale alone would cut at the top only. What remains
 * is the border: where the kernel reaches outside, Pillow leaves those weights
 * out, and swscale gives them to the border pixel (a few steps of 255 in the
 * outermost pixels; inside, both agree to Pillow's own rounding). */
#include "restyle/image.h"

#include <string.h>

#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

#include "base/err.h"
#include "base/mem.h"

/* Beyond this ratio swscale would fall back to 8-bit intermediates; a stronger
 * reduction is done in several passes. */
#define MAX_RATIO 16
#define PAD 64 /* bytes swscale's vector code may touch behind a row */

struct plane {
    float *data;
    size_t stride; /* in floats */
    int w, h;
};

static bool plane_alloc(struct plane *p, int w, int h)
{
    size_t n;
    *p = (struct plane){ .stride = ((size_t)w + PAD / 4 + 15) / 16 * 16, .w = w, .h = h };
    if (rs_mul_size(p->stride, (size_t)h + 1, &n) && rs_mul_size(n, sizeof(float), &n))
        p->data = rs_calloc(n);
    return p->data != NULL;
}

static void plane_load(const struct plane *p, const rs_image *src, int channel)
{
    for (int y = 0; y < p->h; y++) {
        const float *from = src->rgb + (size_t)y * (size_t)src->width * 3 + channel;
        float *to = p->data + (size_t)y * p->stride;
        for (int x = 0; x < p->w; x++)
            to[x] = from[(size_t)x * 3];
    }
}

/* Into the [p.h, p.w] rectangle of dst whose corner is (x0, y0), which may lie
 * partly outside. */
static void plane_store(const struct plane *p, rs_image *dst, int channel, int x0, int y0)
{
    for (int y = 0; y < p->h; y++) {
        if (y0 + y < 0 || y0 + y >= dst->height)
            continue;
        const float *from = p->data + (size_t)y * p->stride;
        float *to = dst->rgb + (size_t)(y0 + y) * (size_t)dst->width * 3 + channel;
        for (int x = 0; x < p->w; x++)
            if (x0 + x >= 0 && x0 + x < dst->width)
                to[(size_t)(x0 + x) * 3] = from[x];
    }
}

static rs_status scale_plane(const struct plane *to, const struct plane *from, rs_err *err)
{
    if (to->w == from->w && to->h == from->h) {
        memcpy(to->data, from->data, to->stride * (size_t)to->h * sizeof(float));
        return RS_OK;
    }
    struct SwsContext *sws =
        sws_getContext(from->w, from->h, AV_PIX_FMT_GRAYF32, to->w, to->h, AV_PIX_FMT_GRAYF32,
                       SWS_LANCZOS | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
    if (!sws)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "cannot scale a picture from %dx%d to %dx%d", from->w,
                       from->h, to->w, to->h);
    const uint8_t *in[4] = { (const uint8_t *)from->data };
    uint8_t *out[4] = { (uint8_t *)to->data };
    const int in_stride[4] = { (int)(from->stride * sizeof(float)) };
    const int out_stride[4] = { (int)(to->stride * sizeof(float)) };
    const int rows = sws_scale(sws, in, in_stride, 0, from->h, out, out_stride);
    sws_freeContext(sws);
    if (rows != to->h)
        return RS_FAIL(err, RS_E_INTERNAL, "scaling to %dx%d gave %d rows", to->w, to->h, rows);
    return RS_OK;
}

static int next_size(int from, int to)
{
    const int least = (from + MAX_RATIO - 1) / MAX_RATIO;
    return to > least ? to : least;
}

/* One channel of src, scaled to w x h; *out is the caller's to free on success. */
static rs_status scale_channel(const rs_image *src, int channel, int w, int h, struct plane *out,
                               rs_err *err)
{
    struct plane a = { 0 }, b = { 0 };
    if (!plane_alloc(&a, src->width, src->height))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to scale a picture");
    plane_load(&a, src, channel);
    rs_status s = RS_OK;
    do {
        const int bw = next_size(a.w, w), bh = bw == a.w ? next_size(a.h, h) : a.h;
        if (!plane_alloc(&b, bw, bh))
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to scale a picture");
        else
            s = scale_plane(&b, &a, err);
        rs_free(a.data);
        a = b;
    } while (s == RS_OK && (a.w != w || a.h != h));
    if (s == RS_OK)
        *out = a;
    else
        rs_free(a.data);
    return s;
}

static void copy_row(rs_image *im, int to, int from)
{
    const size_t n = (size_t)im->width * 3;
    memcpy(im->rgb + (size_t)to * n, im->rgb + (size_t)from * n, n * sizeof(float));
}

static void copy_column(rs_image *im, int to, int from)
{
    for (int y = 0; y < im->height; y++) {
        float *row = im->rgb + (size_t)y * (size_t)im->width * 3;
        memcpy(row + (size_t)to * 3, row + (size_t)from * 3, 3 * sizeof(float));
    }
}

/* Bands around the picture at [y0, y0+h) x [x0, x0+w): the nearest edge row or
 * column of it. Only one pair of bands is ever wider than nothing. */
static void stretch_edges(rs_image *im, int x0, int y0, int w, int h)
{
    for (int x = 0; x < x0; x++)
        copy_column(im, x, x0);
    for (int x = x0 + w; x < im->width; x++)
        copy_column(im, x, x0 + w - 1);
    for (int y = 0; y < y0; y++)
        copy_row(im, y, y0);
    for (int y = y0 + h; y < im->height; y++)
        copy_row(im, y, y0 + h - 1);
}

/* A1111's resize_image: integer divisions, so a side may come out one short. */
static void fitted_size(const rs_image *dst, const rs_image *src, rs_resize mode, int *w, int *h)
{
    const int64_t dw = dst->width, dh = dst->height, sw = src->width, sh = src->height;
    *w = dst->width;
    *h = dst->height;
    if (mode == RS_RESIZE_STRETCH)
        return;
    /* ratio = dw / dh against src_ratio = sw / sh */
    const bool wider = dw * sh > sw * dh;
    const bool keep_width = mode == RS_RESIZE_CROP ? wider : dw * sh < sw * dh;
    if (!keep_width)
        *w = (int)(sw * dh / sh);
    const bool keep_height = mode == RS_RESIZE_CROP ? !wider : dw * sh >= sw * dh;
    if (!keep_height)
        *h = (int)(sh * dw / sw);
    *w = *w > 0 ? *w : 1;
    *h = *h > 0 ? *h : 1;
}

rs_status rs_image_resize(rs_image *dst, const rs_image *src, rs_resize mode, rs_err *err)
{
    if (!dst->rgb || !src->rgb || src->width < 1 || src->height < 1)
        return RS_FAIL(err, RS_E_INVALID, "resize of a picture that holds nothing");
    if (dst->width == src->width && dst->height == src->height) {
        memcpy(dst->rgb, src->rgb, (size_t)src->width * (size_t)src->height * 3 * sizeof(float));
        return RS_OK;
    }
    int w, h;
    fitted_size(dst, src, mode, &w, &h);
    if (w > 8 * 32768 || h > 8 * 32768)
        return RS_FAIL(err, RS_E_RANGE,
                       "cannot %s a picture of %dx%d to %dx%d: shapes differ too much",
                       mode == RS_RESIZE_CROP ? "crop" : "fit", src->width, src->height, dst->width,
                       dst->height);
    const int x0 = dst->width / 2 - w / 2, y0 = dst->height / 2 - h / 2;
    for (int c = 0; c < 3; c++) {
        struct plane p = { 0 };
        RS_TRY(scale_channel(src, c, w, h, &p, err));
        plane_store(&p, dst, c, x0, y0);
        rs_free(p.data);
    }
    if (w < dst->width || h < dst->height)
        stretch_edges(dst, x0, y0, w, h);
    return RS_OK;
}
