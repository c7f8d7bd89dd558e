/* Rows of integer samples to floats from 0 to 1, and back. */
#ifndef RS_MEDIA_CONVERT_H
#define RS_MEDIA_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pixel of `channels` (3 RGB, 4 RGBA) samples of 1 or 2 bytes (native order),
 * laid over what rgb holds where it is transparent. Returns its alpha. */
float rs_samples_over_rgb(float rgb[3], const uint8_t *px, int channels, int bytes);

/* n samples of 8 bits as 16; out may begin where in does. */
void rs_widen_samples(uint16_t *out, const uint8_t *in, size_t n);

/* White, the ground for transparent pictures, as in A1111 and browsers. */
void rs_fill_white(float *rgb, size_t n_pixels);

/* n pixels as samples of 8 or 16 bits: 3 a pixel, or 4 with the transparency (alpha NULL:
 * opaque). off_white: rgb lies over white; it becomes the colour that, with its alpha and
 * over white, looks the same (or as near as there is), after rounding to 16 bits. */
void rs_pixels_to_samples(uint8_t *out, const float *rgb, const float *alpha, size_t n,
                          int channels, int bits, bool off_white);

/* n floats to the nearest of 0..255 or 0..65535, halves away from zero, clamped;
 * NaN gives 0. */
void rs_floats_to_u8(uint8_t *out, const float *in, size_t n);
void rs_floats_to_u16(uint16_t *out, const float *in, size_t n);

#endif
