/* Rows of integer samples to floats from 0 to 1, and back. */
#ifndef RS_MEDIA_CONVERT_H
#define RS_MEDIA_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/* A pixel of `channels` (3 RGB, 4 RGBA) samples of 1 or 2 bytes (native order),
 * laid over what rgb holds where it is transparent. Returns its alpha. */
float rs_samples_over_rgb(float rgb[3], const uint8_t *px, int channels, int bytes);

/* White, the ground for transparent pictures, as in A1111 and browsers. */
void rs_fill_white(float *rgb, size_t n_pixels);

/* n floats to the nearest of 0..255 or 0..65535, halves away from zero, clamped;
 * NaN gives 0. */
void rs_floats_to_u8(uint8_t *out, const float *in, size_t n);
void rs_floats_to_u16(uint16_t *out, const float *in, size_t n);

#endif
