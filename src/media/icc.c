#include "media/icc.h"

#include <math.h>
#include <string.h>

#include "base/srgb.h"

enum { HEADER = 128, ENTRY = 12, MAX_TAGS = 256 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

/* s15Fixed16Number */
static double fixed(const uint8_t *p)
{
    return (double)(int32_t)be32(p) / 65536;
}

/* The element that tag names, of at least 12 bytes; NULL: none, or it lies outside. */
static const uint8_t *find(const uint8_t *d, size_t size, const char *tag, size_t *n)
{
    const uint32_t count = be32(d + HEADER);
    for (uint32_t i = 0; i < count && i < MAX_TAGS; i++) {
        const size_t at = HEADER + 4 + (size_t)i * ENTRY;
        if (size - at < ENTRY)
            return NULL;
        if (memcmp(d + at, tag, 4) != 0)
            continue;
        const size_t offset = be32(d + at + 4), length = be32(d + at + 8);
        *n = length;
        return offset <= size && length <= size - offset && length >= 12 ? d + offset : NULL;
    }
    return NULL;
}

/* ICC.1:2022, 10.6. One value is an exponent of 8.8 bits, none the identity. */
static bool read_table(const uint8_t *e, size_t n, rs_icc_curve *c)
{
    const uint32_t points = be32(e + 8);
    if (points > RS_ICC_MAX_CURVE || (size_t)points * 2 > n - 12)
        return false;
    if (points < 2)
        *c = (rs_icc_curve){ .param = { points ? be16(e + 12) / 256.0 : 1 } };
    else
        *c = (rs_icc_curve){ .n = (int)points, .at = e + 12 };
    return true;
}

/* ICC.1:2022, 10.18. */
static bool read_function(const uint8_t *e, size_t n, rs_icc_curve *c)
{
    static const int n_params[] = { 1, 3, 4, 5, 7 };
    const uint32_t function = be16(e + 8);
    if (function > 4 || (size_t)n_params[function] * 4 > n - 12)
        return false;
    *c = (rs_icc_curve){ .function = (int)function };
    for (int i = 0; i < n_params[function]; i++)
        c->param[i] = fixed(e + 12 + 4 * i);
    return true;
}

static bool read_curve(const uint8_t *d, size_t size, const char *tag, rs_icc_curve *c)
{
    size_t n;
    const uint8_t *e = find(d, size, tag, &n);
    if (!e)
        return false;
    if (memcmp(e, "curv", 4) == 0)
        return read_table(e, n, c);
    return memcmp(e, "para", 4) == 0 && read_function(e, n, c);
}

static bool read_column(const uint8_t *d, size_t size, const char *tag, rs_matrix *m, int k)
{
    size_t n;
    const uint8_t *e = find(d, size, tag, &n);
    if (!e || n < 20 || memcmp(e, "XYZ ", 4) != 0)
        return false;
    for (int i = 0; i < 3; i++)
        m->m[i][k] = fixed(e + 8 + 4 * i);
    return true;
}

static double from_table(const rs_icc_curve *c, double v)
{
    const double x = v * (c->n - 1);
    const int i = x < c->n - 2 ? (int)x : c->n - 2;
    const double a = be16(c->at + 2 * i), b = be16(c->at + 2 * i + 2);
    return (a + (b - a) * (x - i)) / 65535;
}

double rs_icc_light(const rs_icc_curve *curve, double v)
{
    const double *p = curve->param, g = p[0], a = p[1], b = p[2];
    double y = 0;
    if (curve->n)
        return from_table(curve, v);
    switch (curve->function) {
    case 0: y = pow(v, g); break;
    case 1: y = a * v + b >= 0 ? pow(a * v + b, g) : 0; break;
    case 2: y = a * v + b >= 0 ? pow(a * v + b, g) + p[3] : p[3]; break;
    case 3: y = v >= p[4] ? pow(a * v + b, g) : p[3] * v; break;
    default: y = v >= p[4] ? pow(a * v + b, g) + p[5] : p[3] * v + p[6]; break;
    }
    return isfinite(y) ? fmin(fmax(y, 0), 1) : 0;
}

/* Every colour of a coarse grid comes out within half a step of 8 bits of itself. */
static bool is_srgb(const rs_icc *icc)
{
    enum { SIDE = 9 };
    for (int i = 0; i < SIDE * SIDE * SIDE; i++) {
        const int at[3] = { i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE };
        double light[3];
        for (int c = 0; c < 3; c++)
            light[c] = rs_icc_light(&icc->curve[c], at[c] / (SIDE - 1.0));
        for (int c = 0; c < 3; c++) {
            const double *m = icc->to_709.m[c], y = m[0] * light[0] + m[1] * light[1] + m[2] * light[2];
            const double out = (double)rs_srgb_from_linear((float)fmin(fmax(y, 0), 1));
            if (fabs(out - at[c] / (SIDE - 1.0)) > 1.0 / 255)
                return false;
        }
    }
    return true;
}

rs_icc_kind rs_icc_read(const uint8_t *d, size_t size, rs_icc *icc)
{
    static const char *const curves[] = { "rTRC", "gTRC", "bTRC" };
    static const char *const columns[] = { "rXYZ", "gXYZ", "bXYZ" };
    rs_matrix xyz;
    if (size < HEADER + 4 || memcmp(d + 16, "RGB XYZ ", 8) != 0)
        return RS_ICC_UNREAD;
    for (int k = 0; k < 3; k++) {
        if (!read_curve(d, size, curves[k], &icc->curve[k]) || !read_column(d, size, columns[k], &xyz, k))
            return RS_ICC_UNREAD;
    }
    const rs_matrix to = rs_gamut_709_of_d50();
    icc->to_709 = rs_matrix_product(&to, &xyz);
    return is_srgb(icc) ? RS_ICC_SRGB : RS_ICC_OTHER;
}
