#include "stage/soft_mask.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "media/box_blur.h"
#include "media/mask.h"

#define RADIUS 2
#define SIDE (2 * RADIUS + 1)

struct sample {
    double value, weight;
    int order; /* in the window: equal values keep it, as in Python's sort */
};

static int by_value(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value ? 1 : x->order - y->order;
}

/* A Gaussian of deviation 1.5 (exp(-d^2 / 1.5^2)) brought to 0 one pixel beyond RADIUS. */
static double kernel_at(int dx, int dy)
{
    const double scale = 1.5 * 1.5, edge = exp(-(RADIUS + 1.0) * (RADIUS + 1.0) / scale);
    const double v = (exp(-(dx * dx + dy * dy) / scale) - edge) / (1 - edge);
    return v > 0 ? v : 0;
}

/* The mean of what lies between the two shares of the samples' weight, laid end to end. */
static double mean_between(const struct sample *s, int n, double low, double high)
{
    double total = 0, value = 0, weight = 0, at = 0;
    for (int i = 0; i < n; i++)
        total += s[i].weight;
    low *= total;
    high *= total;
    if (high - low < 1) { /* at least this much weight */
        const double middle = (low + high) / 2;
        low = middle - 0.5;
        high = middle + 0.5;
        if (high > total) {
            high = total;
            low = total - 1;
        }
        if (low < 0) {
            low = 0;
            high = 1;
        }
    }
    for (int i = 0; i < n; at += s[i].weight, i++) {
        const double w = fmin(high, at + s[i].weight) - fmax(low, at);
        if (w > 0) {
            value += s[i].value * w;
            weight += w;
        }
    }
    return weight != 0 ? value / weight : 0;
}

void rs_rank_filter(float *out, const float *in, int h, int w, double low, double high)
{
    struct sample s[SIDE * SIDE];
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            int n = 0;
            for (int v = y - RADIUS; v <= y + RADIUS; v++)
                for (int u = x - RADIUS; u <= x + RADIUS; u++)
                    if (v >= 0 && v < h && u >= 0 && u < w) {
                        s[n] = (struct sample){ (double)in[v * w + u], kernel_at(u - x, v - y), n };
                        n++;
                    }
            qsort(s, (size_t)n, sizeof(s[0]), by_value);
            out[y * w + x] = (float)mean_between(s, n, low, high);
        }
    }
}

/* 0: as the original, 1: nothing of it. */
static double opacity(const rs_soft_inpaint *soft, float share, float change)
{
    const double influence = (double)soft->mask_influence;
    double m = 1 - pow((double)share, (double)soft->preservation / 2);
    m = 0.5 * (1 - influence) + m * influence;
    const double half = (double)soft->difference_threshold * (m / (1.00001 - m));
    const double x = 1 / (1 + pow((double)change / half, (double)soft->difference_contrast));
    return 1 - x * x * x * (x * (6 * x - 15) + 10);
}

rs_status rs_soft_mask(const rs_soft_inpaint *soft, const float *share, const float *change, int h, int w,
                       int width, int height, rs_mask *mask, rs_err *err)
{
    const size_t n = (size_t)h * (size_t)w;
    rs_mask small = { 0 };
    float *a = rs_alloc(2 * n * sizeof(float)), *b = a + n;
    rs_status s = a ? rs_mask_alloc(&small, w, h, err)
                    : RS_FAIL(err, RS_E_NOMEM, "no memory for a mask of soft inpainting");
    if (s == RS_OK) {
        rs_rank_filter(a, change, h, w, 0.9, 1);
        rs_rank_filter(b, a, h, w, 0.25, 0.75);
        for (size_t i = 0; i < n; i++)
            small.v[i] = (uint8_t)(255 * opacity(soft, share[i], b[i]));
        s = rs_mask_resize(mask, &small, width, height, RS_RESIZE_FILL, RS_FILTER_LANCZOS, err);
    }
    if (s == RS_OK)
        s = rs_gaussian_u8(mask->v, width, height, 1, 4, err);
    rs_mask_release(&small);
    rs_free(a);
    return s;
}
