#include "stage/pad.h"

#include <string.h>

#include "base/mem.h"

int rs_pad_size(int v, int multiple)
{
    return (int)rs_round_up((size_t)v, (size_t)multiple);
}

static size_t reflect(int i, int n)
{
    const int r = i < n ? i : 2 * n - 2 - i;
    return r < 0 ? 0 : (size_t)r;
}

void rs_pad_picture(const rs_tensor *to, const rs_image *from)
{
    for (int y = 0; y < to->h; y++) {
        const float *row = from->rgb + reflect(y, from->height) * (size_t)from->width * 3;
        float *dst = to->data + (size_t)y * (size_t)to->w * 3;
        memcpy(dst, row, (size_t)from->width * 3 * sizeof(float));
        for (int x = from->width; x < to->w; x++)
            memcpy(dst + (size_t)x * 3, row + reflect(x, from->width) * 3, 3 * sizeof(float));
    }
}
