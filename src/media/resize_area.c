#include "media/resize_area.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/srgb.h"
#include "media/plane.h"

/* What is left of a picture in the shape of another: float shapes, sides rounded down. */
static void find_cut(const rs_image *dst, const rs_image *src, int *x, int *y, int *w, int *h)
{
    const float to = (float)dst->width / (float)dst->height;
    const float from = (float)src->width / (float)src->height;
    *w = from > to ? (int)((float)src->height * to) : src->width;
    *h = from < to ? (int)((float)src->width / to) : src->height;
    *w = *w > 0 ? *w : 1;
    *h = *h > 0 ? *h : 1;
    *x = (src->width - *w) / 2;
    *y = (src->height - *h) / 2;
}

static rs_status cut_linear(rs_image *cut, const rs_image *src, int x, int y, rs_err *err)
{
    RS_TRY(rs_image_alloc(cut, cut->width, cut->height, err));
    const size_t n = (size_t)cut->width * 3;
    for (int row = 0; row < cut->height; row++) {
        const float *from = src->rgb + ((size_t)(y + row) * (size_t)src->width + (size_t)x) * 3;
        for (size_t i = 0; i < n; i++)
            cut->rgb[(size_t)row * n + i] = rs_srgb_to_linear(from[i]);
    }
    return RS_OK;
}

rs_status rs_image_resize_area(rs_image *dst, const rs_image *src, rs_err *err)
{
    const size_t n = (size_t)dst->width * (size_t)dst->height * 3;
    if (dst->width == src->width && dst->height == src->height) {
        memcpy(dst->rgb, src->rgb, n * sizeof(float));
        return RS_OK;
    }
    int x, y, w, h;
    find_cut(dst, src, &x, &y, &w, &h);
    rs_image cut = { .width = w, .height = h };
    RS_TRY(cut_linear(&cut, src, x, y, err));
    const rs_plane to = { dst->width, dst->height, 3, dst->rgb }, from = { w, h, 3, cut.rgb };
    const rs_plane_resize_how how = { RS_RESIZE_STRETCH, RS_FILTER_AREA, false };
    const rs_status s = rs_plane_resize(&to, &from, how, err);
    rs_image_release(&cut);
    for (size_t i = 0; s == RS_OK && i < n; i++)
        dst->rgb[i] = floorf(rs_srgb_from_linear(dst->rgb[i]) * 255 + 0.5f) / 255;
    return s;
}
