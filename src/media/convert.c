#include "media/convert.h"

#include <string.h>

static float sample(const uint8_t *p, int i, int bytes)
{
    if (bytes == 1)
        return (float)p[i] / 255.0f;
    uint16_t v;
    memcpy(&v, p + 2 * i, sizeof(v));
    return (float)v / 65535.0f;
}

float rs_samples_over_rgb(float rgb[3], const uint8_t *px, int channels, int bytes)
{
    const float a = channels < 4 ? 1.0f : sample(px, 3, bytes);
    for (int i = 0; i < 3; i++)
        rgb[i] = a < 1.0f ? sample(px, i, bytes) * a + rgb[i] * (1.0f - a) : sample(px, i, bytes);
    return a;
}

void rs_fill_white(float *rgb, size_t n_pixels)
{
    for (size_t i = 0; i < n_pixels * 3; i++)
        rgb[i] = 1.0f;
}

static float to_range(float v, float top)
{
    v *= top;
    if (!(v > 0.0f))
        return 0.0f;
    return v < top ? v + 0.5f : top; /* truncation follows: half rounds up */
}

void rs_floats_to_u8(uint8_t *out, const float *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)to_range(in[i], 255.0f);
}

void rs_floats_to_u16(uint16_t *out, const float *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint16_t)to_range(in[i], 65535.0f);
}
