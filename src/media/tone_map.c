#include "media/tone_map.h"

#include <math.h>

#include "base/mem.h"

enum { LEVELS = 65536 };

#define SDR_WHITE 203.0  /* cd/m2: ITU-R BT.2408, HDR reference white */
#define HLG_PEAK 1000.0  /* cd/m2: BT.2100's nominal display, whose system gamma is 1.2 */
#define PQ_PEAK 10000.0

/* SMPTE ST 2084, as in BT.2100 table 4. */
static const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128;
static const double c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;

/* Signal 0..1 to cd/m2, and back. */
static double pq_to_light(double v)
{
    const double p = pow(v, 1 / m2);
    return PQ_PEAK * pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1);
}

static double pq_from_light(double light)
{
    const double p = pow(light / PQ_PEAK, m1);
    return pow((c1 + c2 * p) / (1 + c3 * p), m2);
}

/* The inverse of BT.2100 table 5's OETF: signal to the scene's light, both 0..1. */
static double hlg_to_scene(double v)
{
    const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);
    return v <= 0.5 ? v * v / 3 : (exp((v - c) / a) + b) / 12;
}

rs_status rs_tone_map_prepare(rs_tone_map *t, rs_hdr hdr, bool wide, double peak, rs_err *err)
{
    const double used = hdr == RS_HDR_HLG ? HLG_PEAK : fmin(fmax(peak, SDR_WHITE), PQ_PEAK);
    t->wide = wide;
    if (t->light && t->hdr == hdr && t->peak == used)
        return RS_OK;
    if (!t->light)
        t->light = rs_alloc(LEVELS * sizeof(float));
    if (!t->light)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the curve of an HDR video");
    for (int i = 0; i < LEVELS; i++) {
        const double v = (double)i / (LEVELS - 1);
        t->light[i] = (float)(hdr == RS_HDR_PQ ? pq_to_light(v) : hlg_to_scene(v));
    }
    t->hdr = hdr;
    t->peak = used;
    t->top = pq_from_light(used);
    t->knee = 1.5 * pq_from_light(SDR_WHITE) / t->top - 0.5;
    t->bends = t->knee < 1 ? pq_to_light(t->knee * t->top) : used;
    return RS_OK;
}

void rs_tone_map_release(rs_tone_map *t)
{
    rs_free(t->light);
    *t = (rs_tone_map){ 0 };
}

/* BT.2390-10, 5.4.1: a Hermite spline from the knee to (peak, SDR white), in PQ. */
static double bend(const rs_tone_map *t, double light)
{
    light = fmin(light, t->peak);
    if (light <= t->bends)
        return light;
    const double x = pq_from_light(light) / t->top, ks = t->knee;
    const double u = (x - ks) / (1 - ks), white = pq_from_light(SDR_WHITE) / t->top;
    const double y = (2 * u * u * u - 3 * u * u + 1) * ks + (u * u * u - 2 * u * u + u) * (1 - ks) +
                     (-2 * u * u * u + 3 * u * u) * white;
    return pq_to_light(y * t->top);
}

/* BT.2020's primaries to BT.709's, in light: BT.2087-0's matrix, with the digits that follow
 * from the primaries and D65. */
static void narrow(double rgb[3])
{
    const double r = rgb[0], g = rgb[1], b = rgb[2];
    rgb[0] = 1.660491 * r - 0.587641 * g - 0.072850 * b;
    rgb[1] = -0.124550 * r + 1.132900 * g - 0.008349 * b;
    rgb[2] = -0.018151 * r - 0.100579 * g + 1.118730 * b;
}

void rs_tone_map_run(const rs_tone_map *t, uint16_t *px, size_t n, int channels)
{
    for (size_t i = 0; i < n; i++, px += channels) {
        double rgb[3] = { (double)t->light[px[0]], (double)t->light[px[1]],
                          (double)t->light[px[2]] };
        if (t->hdr == RS_HDR_HLG) {
            /* BT.2100 table 5's OOTF: the display's light, with a gamma of 1.2 on the luminance */
            const double y = 0.2627 * rgb[0] + 0.6780 * rgb[1] + 0.0593 * rgb[2];
            for (int c = 0; c < 3; c++)
                rgb[c] *= HLG_PEAK * pow(y, 0.2);
        }
        if (t->wide)
            narrow(rgb);
        for (int c = 0; c < 3; c++)
            rgb[c] = fmax(rgb[c], 0); /* outside of BT.709's colours */
        const double most = fmax(rgb[0], fmax(rgb[1], rgb[2]));
        const double scale = most > 0 ? bend(t, most) / most / SDR_WHITE : 0;
        for (int c = 0; c < 3; c++)
            px[c] = (uint16_t)(pow(fmin(rgb[c] * scale, 1), 1 / 2.4) * (LEVELS - 1) + 0.5);
    }
}
