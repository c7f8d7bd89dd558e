#include "stage/latent_resize.h"

/* Output coordinate i lies between input pixels low and high, at share f of the way. */
struct between {
    int low, high;
    float f;
};

static struct between find(int i, int from, int to)
{
    const float scale = (float)from / (float)to;
    const float at = ((float)i + 0.5f) * scale - 0.5f, x = at > 0 ? at : 0;
    const int low = (int)x < from - 1 ? (int)x : from - 1;
    return (struct between){ low, low < from - 1 ? low + 1 : low, x - (float)low };
}

void rs_latent_resize(const rs_tensor *dst, const rs_tensor *src)
{
    const size_t c = (size_t)src->c, row = (size_t)src->w * c;
    float *to = dst->data;
    for (int y = 0; y < dst->h; y++) {
        const struct between v = find(y, src->h, dst->h);
        const float *top = src->data + (size_t)v.low * row, *bottom = src->data + (size_t)v.high * row;
        for (int x = 0; x < dst->w; x++) {
            const struct between h = find(x, src->w, dst->w);
            const size_t l = (size_t)h.low * c, r = (size_t)h.high * c;
            for (size_t k = 0; k < c; k++) {
                const float a = (1 - h.f) * top[l + k] + h.f * top[r + k];
                const float b = (1 - h.f) * bottom[l + k] + h.f * bottom[r + k];
                *to++ = (1 - v.f) * a + v.f * b;
            }
        }
    }
}
