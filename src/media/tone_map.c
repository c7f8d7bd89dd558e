#include "media/tone_map.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/srgb.h"

/* Of H.273. */
enum { BT709 = 1, BT2020 = 9, DCI_P3 = 11, DISPLAY_P3 = 12, SRGB = 13, PQ = 16, HLG = 18 };

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

rs_hdr rs_colour_hdr(rs_colour_code code)
{
    return code.transfer == PQ ? RS_HDR_PQ : code.transfer == HLG ? RS_HDR_HLG : RS_HDR_NONE;
}

bool rs_colour_is_mapped(rs_colour_code code, bool still)
{
    const bool wide = code.primaries == DCI_P3 || code.primaries == DISPLAY_P3 || code.primaries == BT2020;
    return rs_colour_hdr(code) != RS_HDR_NONE || (still && wide);
}

rs_colour_code rs_colour_after(rs_colour_code code)
{
    return (rs_colour_code){ .primaries = BT709, .transfer = code.transfer == SRGB ? SRGB : BT709 };
}

/* SDR's signal to light, both 0..1, by H.273's table 3: as displays show it. */
static double sdr_to_light(int transfer, double v)
{
    switch (transfer) {
    case SRGB: return (double)rs_srgb_to_linear((float)v);
    case 4: return pow(v, 2.2);
    case 5: return pow(v, 2.8);
    case 8: return v;
    case 17: return fmin(pow(v, 2.6) * 52.37 / 48, 1); /* SMPTE ST 428-1: white is not the top */
    default: return pow(v, 2.4); /* BT.1886 */
    }
}

static double to_light(rs_colour_code from, double v)
{
    switch (rs_colour_hdr(from)) {
    case RS_HDR_PQ: return pq_to_light(v);
    case RS_HDR_HLG: return hlg_to_scene(v);
    default: return sdr_to_light(from.transfer, v);
    }
}

static rs_status reserve(rs_tone_map *t, rs_err *err)
{
    if (!t->light)
        t->light = rs_alloc((size_t)3 * RS_ICC_LEVELS * sizeof(float));
    return t->light ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the curves of a picture's colours");
}

static void bend_from(rs_tone_map *t, double peak)
{
    t->peak = peak;
    t->top = pq_from_light(peak);
    t->knee = 1.5 * pq_from_light(SDR_WHITE) / t->top - 0.5;
    t->bends = t->knee < 1 ? pq_to_light(t->knee * t->top) : peak;
}

rs_status rs_tone_map_prepare(rs_tone_map *t, rs_colour_code from, double peak, rs_err *err)
{
    const rs_hdr hdr = rs_colour_hdr(from);
    const double used = hdr == RS_HDR_PQ ? fmin(fmax(peak, SDR_WHITE), PQ_PEAK) : HLG_PEAK;
    if (t->light && t->from.primaries == from.primaries && t->from.transfer == from.transfer &&
        t->peak == used)
        return RS_OK;
    RS_TRY(reserve(t, err));
    if (!rs_gamut_to_709(from.primaries, &t->to_709, t->y))
        rs_gamut_to_709(BT2020, &t->to_709, t->y);
    for (size_t i = 0; i < RS_ICC_LEVELS; i++)
        t->light[i] = (float)to_light(from, (double)i / (RS_ICC_LEVELS - 1));
    for (int c = 1; c < 3; c++)
        memcpy(t->light + c * RS_ICC_LEVELS, t->light, RS_ICC_LEVELS * sizeof(float));
    t->from = from;
    t->hdr = hdr;
    t->srgb = from.transfer == SRGB;
    bend_from(t, used);
    return RS_OK;
}

rs_status rs_tone_map_prepare_icc(rs_tone_map *t, const rs_icc *icc, rs_err *err)
{
    RS_TRY(reserve(t, err));
    for (size_t i = 0; i < (size_t)3 * RS_ICC_LEVELS; i++)
        t->light[i] = (float)rs_icc_light(&icc->curve[i / RS_ICC_LEVELS],
                                          (double)(i % RS_ICC_LEVELS) / (RS_ICC_LEVELS - 1));
    t->from = (rs_colour_code){ 0 };
    t->hdr = RS_HDR_NONE;
    t->srgb = true;
    t->to_709 = icc->to_709;
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

rs_image_colours rs_colours_of(const rs_tone_map *t)
{
    return t->hdr == RS_HDR_PQ ? RS_COLOURS_PQ : t->hdr == RS_HDR_HLG ? RS_COLOURS_HLG : RS_COLOURS_CONVERTED;
}

static double to_sample(const rs_tone_map *t, double light)
{
    light = fmin(light, 1);
    return t->srgb ? (double)rs_srgb_from_linear((float)light) : pow(light, 1 / 2.4);
}

void rs_tone_map_run(const rs_tone_map *t, uint16_t *px, size_t n, int channels)
{
    for (size_t i = 0; i < n; i++, px += channels) {
        double in[3], rgb[3], scale = 1;
        for (int c = 0; c < 3; c++)
            in[c] = (double)t->light[c * RS_ICC_LEVELS + px[c]];
        if (t->hdr == RS_HDR_HLG) {
            /* BT.2100 table 5's OOTF: the display's light, with a gamma of 1.2 on the luminance */
            scale = HLG_PEAK * pow(t->y[0] * in[0] + t->y[1] * in[1] + t->y[2] * in[2], 0.2);
        }
        for (int c = 0; c < 3; c++) { /* below 0: outside of BT.709's colours */
            const double *m = t->to_709.m[c];
            rgb[c] = fmax(scale * (m[0] * in[0] + m[1] * in[1] + m[2] * in[2]), 0);
        }
        if (t->hdr != RS_HDR_NONE) {
            const double most = fmax(rgb[0], fmax(rgb[1], rgb[2]));
            scale = most > 0 ? bend(t, most) / most / SDR_WHITE : 0;
        } else {
            scale = 1;
        }
        for (int c = 0; c < 3; c++)
            px[c] = (uint16_t)(to_sample(t, rgb[c] * scale) * (RS_ICC_LEVELS - 1) + 0.5);
    }
}
