/* 8-bit samples to the range [-1, 1] of the models and back. */
#include "kernel/ref/ref.h"

/* v/127.5 - 1 with one rounding: the numerator is a small integer. */
void rs_ref_u8_to_f32(float *dst, const uint8_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)(2 * src[i] - 255) / 255.0f;
}

/* In double 127.5*v is exact and truncating after adding a half more rounds
 * half up, which is half away from zero here. A NaN fails the comparison. */
void rs_ref_f32_to_u8(uint8_t *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float low = src[i] > -1 ? src[i] : -1;
        const float v = low < 1 ? low : 1;
        dst[i] = (uint8_t)(127.5 * (double)v + 128.0);
    }
}
