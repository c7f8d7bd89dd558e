#include "stage/color_lab.h"

#include <math.h>

#include "base/srgb.h"

#define LAB_SHIFT 12                /* of the matrices */
#define CBRT_SHIFT 15               /* of the table of f */
#define BASE (1 << 14)              /* of values on the way back */
#define XZ_LEAST (-8145)            /* least value that fx or fz can have, times BASE */

/* D65, and the matrices between it and linear sRGB. */
static const double white[3] = { 0.950456, 1.0, 1.088754 };
static const double xyz_of_rgb[9] = { 0.412453, 0.357580, 0.180423, 0.212671, 0.715160,
                                      0.072169, 0.019334, 0.119193, 0.950227 };
static const double rgb_of_xyz[9] = { 3.240479, -1.53715, -0.498535, -0.969256, 1.875991,
                                      0.041556, 0.055648, -0.204043, 1.057311 };

/* CIELAB's f: the cube root, and a line near zero. */
static double f_of(double x)
{
    return x < 216.0 / 24389.0 ? x * (841.0 / 108.0) + 16.0 / 116.0 : cbrt(x);
}

static int nearest(float x)
{
    return (int)lrintf(x); /* halves to even */
}

static void init_lightness(rs_lab_tables *t, int i)
{
    const float unit = BASE;
    if (i <= 20) { /* L below 8, where f is a line */
        t->y[i] = (uint16_t)nearest((float)(i * BASE * 20 * 9) / (float)(17 * 29 * 29 * 29));
        t->fy[i] = (uint16_t)nearest(unit * (16.0f / 116.0f + (float)(i * 5) / (float)(3 * 17 * 29)));
        return;
    }
    const float f = (float)(i * 100 * BASE) / (float)(255 * 116) + (float)(16 * BASE) / 116.0f;
    t->fy[i] = (uint16_t)nearest(f);
    t->y[i] = (uint16_t)nearest(f * f * f / (unit * unit));
}

void rs_lab_init(rs_lab_tables *t)
{
    for (int i = 0; i < 256; i++) {
        t->linear[i] = (uint16_t)nearest(255.0f * 8 * rs_srgb_to_linear((float)i / 255.0f));
        init_lightness(t, i);
    }
    for (int i = 0; i < RS_LAB_CBRT; i++)
        t->cbrt[i] = (uint16_t)nearest((float)((1 << CBRT_SHIFT) * f_of(i / (255.0 * 8))));
    for (int i = 0; i < RS_LAB_LINEAR; i++)
        t->srgb[i] = (uint8_t)nearest(255.0f * rs_srgb_from_linear((float)i / RS_LAB_LINEAR));
    for (int i = 0; i < RS_LAB_XZ; i++) { /* 3390: f where the line ends */
        const int f = i + XZ_LEAST;
        t->xz[i] = f <= 3390 ? f * 108 / 841 - BASE * 16 / 116 * 108 / 841 : f * f / BASE * f / BASE;
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            t->to_xyz[3 * i + k] = (int)lrint((1 << LAB_SHIFT) * xyz_of_rgb[3 * i + k] / white[i]);
            t->to_rgb[3 * i + k] = (int)lrint((1 << LAB_SHIFT) * rgb_of_xyz[3 * i + k] * white[k]);
        }
}

/* x / 2^shift, rounded */
static int descale(int x, int shift)
{
    return (x + (1 << (shift - 1))) >> shift;
}

static int clamp(int x, int most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

static int product(const int m[3], const int v[3], int shift)
{
    return descale(m[0] * v[0] + m[1] * v[1] + m[2] * v[2], shift);
}

void rs_lab_from_rgb(const rs_lab_tables *t, const uint8_t rgb[3], uint8_t lab[3])
{
    const int v[3] = { t->linear[rgb[0]], t->linear[rgb[1]], t->linear[rgb[2]] };
    const int fx = t->cbrt[product(t->to_xyz, v, LAB_SHIFT)];
    const int fy = t->cbrt[product(t->to_xyz + 3, v, LAB_SHIFT)];
    const int fz = t->cbrt[product(t->to_xyz + 6, v, LAB_SHIFT)];
    const int one = 1 << CBRT_SHIFT;
    /* L = 255/100 (116 fy - 16), its factors rounded to whole numbers as in the original */
    const int l = descale((116 * 255 + 50) / 100 * fy - (16 * 255 * one + 50) / 100, CBRT_SHIFT);
    lab[0] = (uint8_t)clamp(l, 255);
    lab[1] = (uint8_t)clamp(descale(500 * (fx - fy) + 128 * one, CBRT_SHIFT), 255);
    lab[2] = (uint8_t)clamp(descale(200 * (fy - fz) + 128 * one, CBRT_SHIFT), 255);
}

void rs_lab_to_rgb(const rs_lab_tables *t, const uint8_t lab[3], uint8_t rgb[3])
{
    const int fy = t->fy[lab[0]];
    /* (a - 128) / 500 and (b - 128) / 200, times BASE */
    const int a = ((5 * lab[1] * 53687 + (1 << 7)) >> 13) - 128 * BASE / 500;
    const int b = ((lab[2] * 41943 + (1 << 4)) >> 9) - 128 * BASE / 200 + 1;
    const int v[3] = { t->xz[fy + a - XZ_LEAST], t->y[lab[0]], t->xz[fy - b - XZ_LEAST] };
    for (int i = 0; i < 3; i++) /* times 2^14 2^12 to times 2^12 */
        rgb[i] = t->srgb[clamp(product(t->to_rgb + 3 * i, v, 14), RS_LAB_LINEAR - 1)];
}
