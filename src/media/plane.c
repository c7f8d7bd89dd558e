/* Resampling as Pillow does it, and A1111's three ways to meet a size.
 *
 * Like Pillow, columns first, and what overshoots is cut between the two passes.
 * Of bytes the result is the same as Pillow's. Floats from 0 to 1 are not rounded
 * in between; such a result, brought to 8 bits, is Pillow's to within one step. */
#include "media/plane.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static float finish(double v, bool bytes)
{
    const double w = bytes ? floor(v + 0.5) : v;
    return (float)fmin(fmax(w, 0), bytes ? 255 : 1);
}

/* Pillow's weights for bytes have 22 bits behind the point. */
static void round_weights(rs_taps *taps)
{
    const double one = 1 << 22;
    for (size_t i = 0; i < (size_t)taps->n * (size_t)taps->width; i++)
        taps->weight[i] = trunc(taps->weight[i] * one + copysign(0.5, taps->weight[i])) / one;
}

static rs_status make_taps(rs_taps *taps, rs_plane_resize_how how, int from, int to, int start, int n,
                           rs_err *err)
{
    RS_TRY(rs_taps_init(taps, how.filter, from, to, start, n, err));
    if (how.bytes)
        round_weights(taps);
    return RS_OK;
}

static void scale_row(float *to, const float *from, int channels, const rs_taps *taps, bool bytes)
{
    for (int x = 0; x < taps->n; x++) {
        const double *w = taps->weight + (size_t)x * (size_t)taps->width;
        const float *first = from + (size_t)taps->first[x] * (size_t)channels;
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int k = 0; k < taps->count[x]; k++)
                sum += w[k] * (double)first[k * channels + c];
            *to++ = finish(sum, bytes);
        }
    }
}

/* One row of n values out of `count` rows from `from` on. */
static void mix_rows(float *to, const float *from, size_t n, const double *w, int count, bool bytes)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < count; k++)
            sum += w[k] * (double)from[(size_t)k * n + i];
        to[i] = finish(sum, bytes);
    }
}

/* The part of the scaled picture that the output shows: `size` pixels from `start`
 * of an axis that has `total`; it goes to pixel `at` of the output. */
struct span {
    int total, start, size, at;
};

static struct span find_span(int dst, int total)
{
    const int corner = dst / 2 - total / 2; /* of the scaled picture; may lie outside */
    const int at = corner > 0 ? corner : 0;
    return (struct span){ total, at - corner, total < dst ? total : dst, at };
}

static rs_status scale(const rs_plane *dst, const rs_plane *src, struct span x, struct span y,
                       rs_plane_resize_how how, rs_err *err)
{
    rs_taps h = { 0 }, v = { 0 };
    float *wide = NULL; /* [src->height, x.size, channels]: the rows scaled in width */
    size_t c = (size_t)src->channels, n = (size_t)x.size * c, bytes;
    rs_status s = make_taps(&h, how, src->width, x.total, x.start, x.size, err);
    if (s == RS_OK)
        s = make_taps(&v, how, src->height, y.total, y.start, y.size, err);
    if (s == RS_OK && rs_mul_size(n, (size_t)src->height, &bytes) &&
        rs_mul_size(bytes, sizeof(float), &bytes))
        wide = rs_alloc(bytes);
    if (s == RS_OK && !wide)
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to scale a picture");
    for (int row = 0; s == RS_OK && row < src->height; row++)
        scale_row(wide + (size_t)row * n, src->v + (size_t)row * (size_t)src->width * c, src->channels, &h,
                  how.bytes);
    for (int row = 0; s == RS_OK && row < y.size; row++)
        mix_rows(dst->v + ((size_t)(y.at + row) * (size_t)dst->width + (size_t)x.at) * c,
                 wide + (size_t)v.first[row] * n, n, v.weight + (size_t)row * (size_t)v.width, v.count[row],
                 how.bytes);
    rs_free(wide);
    rs_taps_release(&v);
    rs_taps_release(&h);
    return s;
}

/* One output coordinate's place in the part from `at` on: itself, or the edge, and
 * then its neighbour inside. */
struct place {
    int edge, inner;
};

static struct place find_place(int i, struct span s)
{
    const int last = s.at + s.size - 1, edge = i < s.at ? s.at : i > last ? last : i;
    if (edge == i || s.size == 1)
        return (struct place){ edge, edge };
    return (struct place){ edge, i < s.at ? edge + 1 : edge - 1 };
}

/* Bands around the scaled picture. Only one pair of bands is ever wider than nothing.
 * 1.125 edge - 0.125 inner: the weights that Pillow's bicubic resize of an empty box
 * at the edge has, which is how A1111 fills them. (With an odd number of pixels left
 * over A1111 leaves one black; here the band goes on.) */
static void stretch_edges(const rs_plane *dst, struct span sx, struct span sy, bool bytes)
{
    const size_t c = (size_t)dst->channels, w = (size_t)dst->width;
    for (int y = 0; y < dst->height; y++) {
        const struct place py = find_place(y, sy);
        for (int x = 0; x < dst->width; x++) {
            const struct place px = find_place(x, sx);
            if (px.edge == x && py.edge == y)
                continue;
            const float *edge = dst->v + ((size_t)py.edge * w + (size_t)px.edge) * c;
            const float *inner = dst->v + ((size_t)py.inner * w + (size_t)px.inner) * c;
            float *to = dst->v + ((size_t)y * w + (size_t)x) * c;
            for (size_t k = 0; k < c; k++)
                to[k] = finish(1.125 * (double)edge[k] - 0.125 * (double)inner[k], bytes);
        }
    }
}

/* A1111's resize_image: integer divisions, so a side may come out one short. */
static void fitted_size(const rs_plane *dst, const rs_plane *src, rs_resize mode, int64_t *w, int64_t *h)
{
    const int64_t dw = dst->width, dh = dst->height, sw = src->width, sh = src->height;
    *w = dw;
    *h = dh;
    if (mode == RS_RESIZE_STRETCH)
        return;
    /* ratio = dw / dh against src_ratio = sw / sh */
    const bool wider = dw * sh > sw * dh;
    const bool keep_width = mode == RS_RESIZE_CROP ? wider : dw * sh < sw * dh;
    if (!keep_width)
        *w = sw * dh / sh;
    const bool keep_height = mode == RS_RESIZE_CROP ? !wider : dw * sh >= sw * dh;
    if (!keep_height)
        *h = sh * dw / sw;
    *w = *w > 0 ? *w : 1;
    *h = *h > 0 ? *h : 1;
}

rs_status rs_plane_resize(const rs_plane *dst, const rs_plane *src, rs_plane_resize_how how, rs_err *err)
{
    const int64_t most = 8 * 32768;
    int64_t w, h;
    if (dst->width == src->width && dst->height == src->height) {
        memcpy(dst->v, src->v,
               (size_t)src->width * (size_t)src->height * (size_t)src->channels * sizeof(float));
        return RS_OK;
    }
    fitted_size(dst, src, how.mode, &w, &h);
    if (w > most || h > most)
        return RS_FAIL(err, RS_E_RANGE,
                       "cannot %s a picture of %dx%d to %dx%d: shapes differ too much",
                       how.mode == RS_RESIZE_CROP ? "crop" : "fit", src->width, src->height, dst->width,
                       dst->height);
    const struct span x = find_span(dst->width, (int)w), y = find_span(dst->height, (int)h);
    RS_TRY(scale(dst, src, x, y, how, err));
    if (x.size < dst->width || y.size < dst->height)
        stretch_edges(dst, x, y, how.bytes);
    return RS_OK;
}
