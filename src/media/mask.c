#include "media/mask.h"

#include <stdlib.h>

#include "base/mem.h"
#include "media/convert.h"
#include "media/plane.h"
#include "restyle/inpaint.h"

static rs_status make_room(rs_mask *mask, int width, int height, rs_err *err)
{
    if (mask->v && mask->width == width && mask->height == height)
        return RS_OK;
    rs_mask_release(mask);
    return rs_mask_alloc(mask, width, height, err);
}

static size_t n_pixels(const rs_mask *mask)
{
    return (size_t)mask->width * (size_t)mask->height;
}

rs_status rs_mask_from_image(rs_mask *mask, const rs_image *image, bool round, rs_err *err)
{
    RS_TRY(make_room(mask, image->width, image->height, err));
    const size_t n = n_pixels(mask);
    if (image->alpha) {
        rs_floats_to_u8(mask->v, image->alpha, n);
        for (size_t i = 0; round && i < n; i++)
            mask->v[i] = mask->v[i] > 128 ? 255 : 0;
        return RS_OK;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t px[3];
        rs_floats_to_u8(px, image->rgb + 3 * i, 3);
        /* ITU-R 601-2 luma in 16 bits, as Pillow's L24 */
        mask->v[i] = (uint8_t)((px[0] * 19595u + px[1] * 38470u + px[2] * 7471u + 0x8000u) >> 16);
    }
    return RS_OK;
}

rs_status rs_mask_from_color(rs_mask *mask, const rs_image *image, const uint8_t color[3], int tolerance,
                             rs_err *err)
{
    RS_TRY(make_room(mask, image->width, image->height, err));
    const size_t n = n_pixels(mask);
    for (size_t i = 0; i < n; i++) {
        uint8_t px[3];
        bool near = true;
        rs_floats_to_u8(px, image->rgb + 3 * i, 3);
        for (int c = 0; c < 3; c++)
            near = near && abs(px[c] - color[c]) <= tolerance;
        mask->v[i] = near ? 255 : 0;
    }
    return RS_OK;
}

void rs_mask_invert(rs_mask *mask)
{
    const size_t n = n_pixels(mask);
    for (size_t i = 0; i < n; i++)
        mask->v[i] = (uint8_t)(255 - mask->v[i]);
}

rs_status rs_mask_resize(rs_mask *mask, const rs_mask *src, int width, int height, rs_resize mode,
                         rs_filter filter, rs_err *err)
{
    const size_t n = (size_t)width * (size_t)height, n_src = n_pixels(src);
    RS_TRY(make_room(mask, width, height, err));
    float *values = rs_alloc((n + n_src) * sizeof(float));
    if (!values)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to scale a mask to %dx%d", width, height);
    const rs_plane to = { width, height, 1, values };
    const rs_plane from = { src->width, src->height, 1, values + n };
    for (size_t i = 0; i < n_src; i++)
        from.v[i] = (float)src->v[i];
    const rs_status s = rs_plane_resize(&to, &from, (rs_plane_resize_how){ mode, filter, true }, err);
    if (s == RS_OK)
        for (size_t i = 0; i < n; i++)
            mask->v[i] = (uint8_t)to.v[i];
    rs_free(values);
    return s;
}
