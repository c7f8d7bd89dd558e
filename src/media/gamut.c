/* Chromaticities: ITU-T H.273, table 2. Bradford's cone responses, as in ICC.1:2022, annex E. */
#include "media/gamut.h"

#include <stddef.h>

struct xy {
    double x, y;
};

static const struct primaries {
    int code;
    struct xy r, g, b, white;
} known[] = {
    { 1, { 0.640, 0.330 }, { 0.300, 0.600 }, { 0.150, 0.060 }, { 0.3127, 0.3290 } },
    { 9, { 0.708, 0.292 }, { 0.170, 0.797 }, { 0.131, 0.046 }, { 0.3127, 0.3290 } },
    { 11, { 0.680, 0.320 }, { 0.265, 0.690 }, { 0.150, 0.060 }, { 0.314, 0.351 } },
    { 12, { 0.680, 0.320 }, { 0.265, 0.690 }, { 0.150, 0.060 }, { 0.3127, 0.3290 } },
};

static const rs_matrix bradford = { { { 0.8951, 0.2664, -0.1614 },
                                      { -0.7502, 1.7135, 0.0367 },
                                      { 0.0389, -0.0685, 1.0296 } } };

rs_matrix rs_matrix_product(const rs_matrix *a, const rs_matrix *b)
{
    rs_matrix c;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            c.m[i][k] = a->m[i][0] * b->m[0][k] + a->m[i][1] * b->m[1][k] + a->m[i][2] * b->m[2][k];
    return c;
}

/* Of one that has an inverse: its adjugate over its determinant. */
static rs_matrix inverse(const rs_matrix *a)
{
    rs_matrix c;
    const double (*m)[3] = a->m;
    for (int i = 0; i < 3; i++) {
        const int p = (i + 1) % 3, q = (i + 2) % 3;
        for (int k = 0; k < 3; k++) {
            const int r = (k + 1) % 3, s = (k + 2) % 3;
            c.m[k][i] = m[p][r] * m[q][s] - m[p][s] * m[q][r];
        }
    }
    const double det = m[0][0] * c.m[0][0] + m[0][1] * c.m[1][0] + m[0][2] * c.m[2][0];
    for (int i = 0; i < 9; i++)
        c.m[i / 3][i % 3] /= det;
    return c;
}

/* XYZ of a chromaticity at Y = 1. */
static void to_xyz(struct xy c, double xyz[3])
{
    xyz[0] = c.x / c.y;
    xyz[1] = 1;
    xyz[2] = (1 - c.x - c.y) / c.y;
}

static void apply(const rs_matrix *a, const double v[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = a->m[i][0] * v[0] + a->m[i][1] * v[1] + a->m[i][2] * v[2];
}

/* The columns are the primaries, scaled so that they add up to white. */
static rs_matrix xyz_of(const struct primaries *p)
{
    const struct xy c[3] = { p->r, p->g, p->b };
    double v[3], white[3], scale[3];
    rs_matrix m;
    for (int k = 0; k < 3; k++) {
        to_xyz(c[k], v);
        for (int i = 0; i < 3; i++)
            m.m[i][k] = v[i];
    }
    const rs_matrix back = inverse(&m);
    to_xyz(p->white, white);
    apply(&back, white, scale);
    for (int i = 0; i < 9; i++)
        m.m[i / 3][i % 3] *= scale[i % 3];
    return m;
}

/* Colours seen under one white as they look under another. */
static rs_matrix adaptation(const double from[3], const double to[3])
{
    double a[3], b[3];
    apply(&bradford, from, a);
    apply(&bradford, to, b);
    rs_matrix m = bradford;
    for (int i = 0; i < 9; i++)
        m.m[i / 3][i % 3] *= b[i / 3] / a[i / 3];
    const rs_matrix back = inverse(&bradford);
    return rs_matrix_product(&back, &m);
}

static rs_matrix from_white_to_709(const double white[3])
{
    double d65[3];
    to_xyz(known[0].white, d65);
    const rs_matrix xyz = xyz_of(&known[0]), rgb = inverse(&xyz), adapt = adaptation(white, d65);
    return rs_matrix_product(&rgb, &adapt);
}

bool rs_gamut_to_709(int code, rs_matrix *to, double y[3])
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].code != code)
            continue;
        double white[3];
        to_xyz(known[i].white, white);
        const rs_matrix xyz = xyz_of(&known[i]), rgb = from_white_to_709(white);
        *to = rs_matrix_product(&rgb, &xyz);
        for (int k = 0; k < 3; k++)
            y[k] = xyz.m[1][k];
        return true;
    }
    return false;
}

rs_matrix rs_gamut_709_of_d50(void)
{
    static const double d50[3] = { 0.9642, 1.0, 0.8249 }; /* ICC.1:2022, 7.2.16 */
    return from_white_to_709(d50);
}
