#include "media/alpha.h"

#include "base/mem.h"
#include "media/plane.h"

rs_status rs_alpha_alloc(rs_image *image, rs_err *err)
{
    image->alpha = rs_alloc((size_t)image->width * (size_t)image->height * sizeof(float));
    return image->alpha ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for a picture's transparency");
}

rs_status rs_alpha_resize(rs_image *to, const rs_image *from, rs_resize mode, rs_err *err)
{
    if (!from->alpha) {
        rs_alpha_drop(to);
        return RS_OK;
    }
    if (!to->alpha)
        RS_TRY(rs_alpha_alloc(to, err));
    const rs_plane dst = { to->width, to->height, 1, to->alpha };
    const rs_plane src = { from->width, from->height, 1, from->alpha };
    return rs_plane_resize(&dst, &src, (rs_plane_resize_how){ mode, RS_FILTER_LANCZOS, false },
                           err);
}

void rs_alpha_drop(rs_image *image)
{
    rs_free(image->alpha);
    image->alpha = NULL;
}

void rs_alpha_settle(rs_image *image)
{
    const size_t n = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; image->alpha && i < n; i++)
        if (image->alpha[i] < 1)
            return;
    rs_alpha_drop(image);
}
