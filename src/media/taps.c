#include "media/taps.h"

#include <math.h>

#include "base/mem.h"

static double sinc(double x)
{
    const double pi = 3.14159265358979323846;
    return x == 0 ? 1 : sin(x * pi) / (x * pi);
}

static double bicubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double weight_at(rs_filter filter, double x)
{
    if (filter == RS_FILTER_BICUBIC)
        return bicubic(x);
    return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

void rs_taps_release(rs_taps *taps)
{
    rs_free(taps->first);
    rs_free(taps->count);
    rs_free(taps->weight);
    *taps = (rs_taps){ 0 };
}

static void set_pixel(rs_taps *taps, int i, rs_filter filter, double center, double support,
                      double step, int from)
{
    const double low = center - support + 0.5, high = center + support + 0.5;
    const int first = low > 0 ? (int)low : 0, end = high < from ? (int)high : from;
    double *w = taps->weight + (size_t)i * (size_t)taps->width, sum = 0;
    taps->first[i] = first;
    taps->count[i] = end - first;
    for (int k = 0; k < end - first; k++)
        sum += w[k] = weight_at(filter, (first + k - center + 0.5) * step);
    for (int k = 0; k < end - first; k++)
        w[k] *= sum != 0 ? 1 / sum : 1;
}

/* The pixels that touch low .. low + wide, each by the length that it has in it. */
static void set_area(rs_taps *taps, int i, double low, double wide, int from)
{
    const double high = fmin(low + wide, from);
    const int first = (int)low;
    double *w = taps->weight + (size_t)i * (size_t)taps->width;
    int k = 0;
    for (; first + k < high; k++)
        w[k] = (fmin(first + k + 1, high) - fmax(first + k, low)) / (high - low);
    taps->first[i] = first;
    taps->count[i] = k;
}

rs_status rs_taps_init(rs_taps *taps, rs_filter filter, int from, int to, int start, int n,
                       rs_err *err)
{
    const double scale = (double)from / to, wide = scale < 1 ? 1 : scale;
    const double support = (filter == RS_FILTER_BICUBIC ? 2 : 3) * wide;
    size_t ints, weights;
    *taps = (rs_taps){ .n = n, .width = (int)ceil(support) * 2 + 1 };
    if (rs_mul_size((size_t)n, sizeof(int), &ints) &&
        rs_mul_size((size_t)n, (size_t)taps->width, &weights) &&
        rs_mul_size(weights, sizeof(double), &weights)) {
        taps->first = rs_alloc(ints);
        taps->count = rs_alloc(ints);
        taps->weight = rs_alloc(weights);
    }
    if (!taps->first || !taps->count || !taps->weight)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to scale a picture to %d pixels", to);
    for (int i = 0; i < n; i++) {
        if (filter == RS_FILTER_AREA)
            set_area(taps, i, (start + i) * scale, scale, from);
        else
            set_pixel(taps, i, filter, (start + i + 0.5) * scale, support, 1 / wide, from);
    }
    return RS_OK;
}
