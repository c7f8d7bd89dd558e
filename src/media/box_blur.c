#include "media/box_blur.h"

#include <math.h>

#include "base/mem.h"

#define PASSES 3

/* Half the width of a box, of which PASSES make a Gaussian: not a whole number, so
 * the outermost pixels count as a fraction (Gwosdek et al., "Theoretical
 * foundations of Gaussian convolution by extended box filtering"). */
static float box_radius(float radius)
{
    const float sigma2 = radius * radius / PASSES;
    const float whole = floorf((sqrtf(12.0f * sigma2 + 1.0f) - 1.0f) / 2.0f);
    const float a = (2 * whole + 1) * (whole * (whole + 1) - 3 * sigma2);
    return whole + a / (6 * (sigma2 - (whole + 1) * (whole + 1)));
}

struct box {
    int half;
    uint32_t inner, outer; /* weights of 24 bits */
};

/* Borders repeat the edge pixel; in and out are apart. */
static void blur_line(uint8_t *out, const uint8_t *in, int n, struct box box)
{
    uint32_t sum = 0;
    for (int i = -box.half; i <= box.half; i++)
        sum += in[i < 0 ? 0 : i < n ? i : n - 1];
    for (int i = 0; i < n; i++) {
        const int low = i - box.half, high = i + box.half;
        const uint8_t before = in[low - 1 > 0 ? low - 1 : 0], after = in[high + 1 < n ? high + 1 : n - 1];
        const uint32_t mixed = sum * box.inner + (before + (uint32_t)after) * box.outer;
        out[i] = (uint8_t)((mixed + (1u << 23)) >> 24);
        sum += after - (uint32_t)in[low > 0 ? low : 0];
    }
}

/* All lines of one direction: n pixels `step` bytes apart. a, b: room for n. */
static void blur_strided(uint8_t *v, size_t step, int n, struct box box, uint8_t *a, uint8_t *b)
{
    for (int i = 0; i < n; i++)
        a[i] = v[(size_t)i * step];
    for (int pass = 0; pass < PASSES; pass++) {
        blur_line(b, a, n, box);
        uint8_t *swap = a;
        a = b;
        b = swap;
    }
    for (int i = 0; i < n; i++)
        v[(size_t)i * step] = a[i];
}

rs_status rs_gaussian_u8(uint8_t *v, int width, int height, int channels, float radius, rs_err *err)
{
    if (!(radius > 0))
        return RS_OK;
    const float half = box_radius(radius);
    struct box box = { .half = (int)half, .inner = (uint32_t)((float)(1 << 24) / (half * 2 + 1)) };
    box.outer = ((1u << 24) - (uint32_t)(box.half * 2 + 1) * box.inner) / 2;
    const int longest = width > height ? width : height;
    uint8_t *lines = rs_alloc(2 * (size_t)longest);
    if (!lines)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to blur a picture");
    const size_t c = (size_t)channels, row = (size_t)width * c;
    for (int y = 0; y < height; y++)
        for (size_t k = 0; k < c; k++)
            blur_strided(v + (size_t)y * row + k, c, width, box, lines, lines + longest);
    for (size_t x = 0; x < row; x++)
        blur_strided(v + x, row, height, box, lines, lines + longest);
    rs_free(lines);
    return RS_OK;
}
