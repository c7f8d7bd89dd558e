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

void rs_widen_samples(uint16_t *out, const uint8_t *in, size_t n)
{
    while (n-- > 0)
        out[n] = (uint16_t)(in[n] * 257);
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

static void to_samples(uint8_t *to, const float *from, size_t n, int bits)
{
    if (bits == 8)
        rs_floats_to_u8(to, from, n);
    else
        rs_floats_to_u16((uint16_t *)(void *)to, from, n);
}

/* c, over white with alpha a, gives px; what is kept of a job has 16 bits, so px has no more. */
static void take_off_white(float px[4])
{
    uint16_t v[4];
    rs_floats_to_u16(v, px, 4);
    const float a = px[3] = (float)v[3] / 65535.0f;
    for (int c = 0; c < 3; c++) {
        px[c] = (float)v[c] / 65535.0f;
        if (a > 0.0f && a < 1.0f)
            px[c] = (px[c] - (1.0f - a)) / a;
    }
}

void rs_pixels_to_samples(uint8_t *out, const float *rgb, const float *alpha, size_t n, int channels,
                          int bits, bool off_white)
{
    const size_t sample = (size_t)bits / 8;
    if (channels == 3) {
        to_samples(out, rgb, n * 3, bits);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        float px[4] = { rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], alpha ? alpha[i] : 1.0f };
        if (alpha && off_white)
            take_off_white(px);
        to_samples(out + i * 4 * sample, px, 4, bits);
    }
}
