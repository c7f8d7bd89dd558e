#include "media/alpha.h"

#include "base/mem.h"

rs_status rs_alpha_alloc(rs_image *image, rs_err *err)
{
    image->alpha = rs_alloc((size_t)image->width * (size_t)image->height * sizeof(float));
    return image->alpha ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for a picture's transparency");
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
