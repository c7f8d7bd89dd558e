/* Rows of integer samples to floats from 0 to 1, and back. */
#ifndef RS_MEDIA_CONVERT_H
#define RS_MEDIA_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/* A pixel of `channels` (3 RGB, 4 RGBA) samples of 1 or 2 bytes (native order)
 * to RGB; alpha is laid over white, as A1111 and browsers do. */
void rs_samples_to_rgb(float rgb[3], const uint8_t *px, int channels, int bytes);

/* n floats to the nearest of 0..255 or 0..65535, halves away from zero, clamped;
 * NaN gives 0. */
void rs_floats_to_u8(uint8_t *out, const float *in, size_t n);
void rs_floats_to_u16(uint16_t *out, const float *in, size_t n);

#endif
