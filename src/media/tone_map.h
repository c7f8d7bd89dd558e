/* Colours that are not BT.709's to those that are, pixel by pixel. HDR (PQ and HLG) becomes SDR:
 *
 *     sample -> light (ITU-R BT.2100-2) -> BT.709's primaries
 *            -> highlights bent below SDR white (BT.2390-10, 5.4.1) -> sample (BT.1886)
 *
 * SDR white stands for 203 cd/m2, which is what BT.2408 gives white in HDR. The curve
 * leaves all that is well below it alone; it is applied to the largest of the three
 * components, and the others keep their ratio to it, so that hues stay.
 *
 * SDR of other primaries, or of an ICC profile, only changes its primaries; what lies outside of
 * BT.709's colours is clipped, a component at a time, as colour management by relative
 * colorimetry does. */
#ifndef RS_MEDIA_TONE_MAP_H
#define RS_MEDIA_TONE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/gamut.h"
#include "media/icc.h"
#include "media/media.h"
#include "restyle/image.h"

/* Colours by the numbers of H.273. */
typedef struct rs_colour_code {
    int primaries, transfer;
} rs_colour_code;

/* PQ or HLG. */
rs_hdr rs_colour_hdr(rs_colour_code code);
/* Whether there is anything to do: HDR, and SDR stills of the primaries DCI-P3, Display P3 or BT.2020.
 * SDR films take their tags along. */
bool rs_colour_is_mapped(rs_colour_code code, bool still);
/* The tags of what comes out, whose matrix is unspecified. */
rs_colour_code rs_colour_after(rs_colour_code code);

/* Zero it before the first use. */
typedef struct rs_tone_map {
    rs_colour_code from;
    rs_hdr hdr;
    bool srgb;      /* out: the curve of sRGB, else that of BT.1886 */
    rs_matrix to_709;
    double y[3];    /* of luminance, for the source's primaries */
    double peak;    /* of the source, in cd/m2 */
    double top;     /* the same as a PQ signal */
    double knee;    /* share of top from which on the curve bends */
    double bends;   /* the light at the knee, in cd/m2 */
    float *light;   /* [3][RS_ICC_LEVELS]: of a sample; PQ: cd/m2, HLG: of the scene, 0 to 1; SDR: 0 to 1 */
} rs_tone_map;

/* Anew, or nothing when it is that already. peak: cd/m2, of an HDR film's brightest part; of HLG it
 * is 1000, as a display of that kind shows it. Unknown primaries of HDR are BT.2020's.
 * rs_colour_is_mapped(from), with primaries that rs_gamut_to_709 knows. */
rs_status rs_tone_map_prepare(rs_tone_map *t, rs_colour_code from, double peak, rs_err *err);
/* The same for colours of an ICC profile, which become sRGB. */
rs_status rs_tone_map_prepare_icc(rs_tone_map *t, const rs_icc *icc, rs_err *err);
void rs_tone_map_release(rs_tone_map *t);

/* What it makes of a picture. */
rs_image_colours rs_colours_of(const rs_tone_map *t);

/* n pixels of RGB (channels 3) or RGBA (4), full range, in place. */
void rs_tone_map_run(const rs_tone_map *t, uint16_t *px, size_t n, int channels);

#endif
