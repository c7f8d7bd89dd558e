#include "job/square.h"

#include "base/err.h"
#include "media/alpha.h"

enum { MAX_SIDE = 16384 };

static int times(int v, int num, int den)
{
    const int64_t n = ((int64_t)v * num + den / 2) / den;
    return n > MAX_SIDE ? v : (int)n;
}

rs_size rs_square_size(rs_size s, rs_rational a)
{
    if (a.num <= 0 || a.den <= 0)
        return s;
    if (a.num > a.den)
        return (rs_size){ times(s.width, a.num, a.den), s.height };
    return (rs_size){ s.width, times(s.height, a.den, a.num) };
}

rs_status rs_square_image(rs_image *to, const rs_image *from, rs_size size, rs_err *err)
{
    if (!to->rgb || to->width != size.width || to->height != size.height) {
        rs_image_release(to);
        RS_TRY(rs_image_alloc(to, size.width, size.height, err));
    }
    RS_TRY(rs_alpha_resize(to, from, RS_RESIZE_STRETCH, err));
    return rs_image_resize(to, from, RS_RESIZE_STRETCH, err);
}
