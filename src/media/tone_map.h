/* HDR to SDR, pixel by pixel:
 *
 *     sample -> light (PQ or HLG, ITU-R BT.2100-2) -> BT.709's primaries
 *            -> highlights bent below SDR white (BT.2390-10, 5.4.1) -> sample (BT.1886)
 *
 * SDR white stands for 203 cd/m2, which is what BT.2408 gives white in HDR. The curve
 * leaves all that is well below it alone; it is applied to the largest of the three
 * components, and the others keep their ratio to it, so that hues stay. */
#ifndef RS_MEDIA_TONE_MAP_H
#define RS_MEDIA_TONE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

/* Zero it before the first use. */
typedef struct rs_tone_map {
    rs_hdr hdr;
    bool wide;      /* BT.2020's primaries, else BT.709's */
    double peak;    /* of the source, in cd/m2 */
    double top;     /* the same as a PQ signal */
    double knee;    /* share of top from which on the curve bends */
    double bends;   /* the light at the knee, in cd/m2 */
    float *light;   /* [65536]: of a sample; PQ: cd/m2, HLG: of the scene, 0 to 1 */
} rs_tone_map;

/* Anew, or nothing when it is that already. peak: cd/m2, of the film's brightest part; of HLG it
 * is 1000, as a display of that kind shows it. hdr is not RS_HDR_NONE. */
rs_status rs_tone_map_prepare(rs_tone_map *t, rs_hdr hdr, bool wide, double peak, rs_err *err);
void rs_tone_map_release(rs_tone_map *t);

/* n pixels of RGB (channels 3) or RGBA (4), full range, in place. */
void rs_tone_map_run(const rs_tone_map *t, uint16_t *px, size_t n, int channels);

#endif
