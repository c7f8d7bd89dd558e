/* Storage formats of weights to float32. */
#include "kernel/ref/ref.h"

#include <string.h>

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. A
 * signalling NaN becomes quiet and keeps its payload, as the F16C
 * instructions do. */
static float from_f16(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t exponent = (h >> 10) & 31, fraction = h & 1023;
    if (exponent == 0) {
        const float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    if (exponent == 31)
        return from_bits(sign | 0x7f800000u | (fraction ? 0x00400000u : 0) | fraction << 13);
    return from_bits(sign | (exponent + (127 - 15)) << 23 | fraction << 13);
}

void rs_ref_f16_to_f32(float *dst, const uint16_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = from_f16(src[i]);
}

/* bfloat16 is the upper half of a float32. */
void rs_ref_bf16_to_f32(float *dst, const uint16_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = from_bits((uint32_t)src[i] << 16);
}
