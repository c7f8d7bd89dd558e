/* Fourier transforms of planes of any size, as numpy.fft with norm="ortho", but of
 * centred planes: ifftshift(fft2(fftshift(x))), in which frequency 0 is in the middle. */
#ifndef RS_STAGE_FFT_H
#define RS_STAGE_FFT_H

#include <stdbool.h>

#include "base/err.h"

typedef struct rs_complex {
    double re, im;
} rs_complex;

typedef struct rs_fft rs_fft;

/* Planes of [height, width], both even; RS_E_RANGE otherwise. */
rs_status rs_fft_open(int width, int height, rs_fft **fft, rs_err *err);
void rs_fft_close(rs_fft **fft); /* NULL and *NULL are fine */

/* In place; [height * width] numbers. */
void rs_fft_run(rs_fft *fft, rs_complex *plane, bool inverse);

#endif
