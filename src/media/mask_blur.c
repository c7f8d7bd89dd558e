/* OpenCV's GaussianBlur of 8-bit pictures is exact integer arithmetic: a kernel of
 * 8-bit fractions that sum to 256, the rounding error of each weight carried into
 * the next (smooth.dispatch.cpp, getGaussianKernelFixedPoint_ED), borders reflected
 * without the edge pixel (BORDER_REFLECT_101). The same bytes come out here. A1111
 * takes kernels of 2 * int(2.5 * deviation + 0.5) + 1 pixels, rows first. */
#include <math.h>

#include "base/err.h"
#include "base/mem.h"
#include "restyle/inpaint.h"

#define MAX_BLUR 1000

/* weights[0..2*half+1) of sum 256. */
static void make_kernel(int *weights, int half, double sigma)
{
    double sum = 1, carry = 0;
    int used = 0;
    for (int i = 1; i <= half; i++)
        sum += 2 * exp(-0.5 / (sigma * sigma) * i * i);
    for (int i = 0; i < half; i++) {
        const int d = half - i;
        const double exact = exp(-0.5 / (sigma * sigma) * d * d) / sum * 256 + carry;
        weights[i] = weights[2 * half - i] = (int)nearbyint(exact);
        carry = exact - weights[i];
        used += 2 * weights[i];
    }
    weights[half] = 256 - used;
}

static int reflect(int i, int n)
{
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
}

/* A line of n pixels, `step` bytes apart. line: room for n + 2 * half. */
static void blur_line(uint8_t *v, size_t step, int n, const int *weights, int half, uint8_t *line)
{
    for (int i = -half; i < n + half; i++)
        line[i + half] = v[(size_t)reflect(i, n) * step];
    for (int i = 0; i < n; i++) {
        int sum = 128;
        for (int k = 0; k <= 2 * half; k++)
            sum += weights[k] * line[i + k];
        v[(size_t)i * step] = (uint8_t)(sum >> 8);
    }
}

rs_status rs_mask_blur(rs_mask *mask, int x, int y, rs_err *err)
{
    const int sigmas[2] = { x, y };
    for (int pass = 0; pass < 2; pass++) {
        const int sigma = sigmas[pass], n = pass ? mask->height : mask->width;
        const int lines = pass ? mask->width : mask->height;
        const int half = (int)(2.5 * sigma + 0.5);
        if (sigma < 1)
            continue;
        if (sigma > MAX_BLUR)
            return RS_FAIL(err, RS_E_RANGE, "mask blur is %d, expected 0 to %d", sigma, MAX_BLUR);
        const size_t taps = 2 * (size_t)half + 1;
        int *weights = rs_alloc(taps * sizeof(int) + taps + (size_t)n);
        if (!weights)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to blur a mask");
        make_kernel(weights, half, sigma);
        for (int i = 0; i < lines; i++)
            blur_line(mask->v + (size_t)i * (pass ? 1 : (size_t)mask->width),
                      pass ? (size_t)mask->width : 1, n, weights, half, (uint8_t *)(weights + taps));
        rs_free(weights);
    }
    return RS_OK;
}
