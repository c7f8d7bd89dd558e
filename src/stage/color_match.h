/* Colour correction: the palette of a picture is brought back to that of another. */
#ifndef RS_STAGE_COLOR_MATCH_H
#define RS_STAGE_COLOR_MATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "restyle/image.h"

/* As A1111's "apply color correction to match original colors" (modules/processing.py):
 * in 8-bit CIELAB the histogram of each channel is matched to target's
 * (skimage.exposure.match_histograms), and of the result only the colours are kept, with
 * the luminosity of the uncorrected picture (blendmodes' LUMINOSITY). The picture's pixels
 * are replaced, by way of bytes rounded from its floats. target may have another size.
 * Scratch is taken from arena and given back. */
rs_status rs_color_match(rs_arena *arena, const rs_image *target, rs_image *picture, rs_err *err);

#endif
