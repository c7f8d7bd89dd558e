#include "base/err.h"
#include "media/plane.h"
#include "media/resize_area.h"
#include "restyle/image.h"

rs_status rs_image_resize(rs_image *dst, const rs_image *src, rs_resize mode, rs_err *err)
{
    if (!dst->rgb || !src->rgb || src->width < 1 || src->height < 1)
        return RS_FAIL(err, RS_E_INVALID, "resize of a picture that holds nothing");
    if (mode == RS_RESIZE_LATENT)
        return RS_FAIL(err, RS_E_INVALID, "pictures are not resized as latents");
    if (mode == RS_RESIZE_AREA)
        return rs_image_resize_area(dst, src, err);
    const rs_plane to = { dst->width, dst->height, 3, dst->rgb };
    const rs_plane from = { src->width, src->height, 3, src->rgb };
    return rs_plane_resize(&to, &from, (rs_plane_resize_how){ mode, RS_FILTER_LANCZOS, false }, err);
}
