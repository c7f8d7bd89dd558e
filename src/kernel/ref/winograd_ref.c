/* Winograd F(4x4, 3x3): a 3x3 convolution of a 4x4 output patch as 36 products
 * instead of 144 (Lavin & Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015):
 *
 *   Y = A^T [ (G g G^T) .* (B^T d B) ] A     d: 6x6 input, g: 3x3, Y: 4x4
 *
 * The product .* turns, over many patches and channels, into 36 matrix
 * products, which is where the time goes.
 *
 * The interpolation points are 0, +-3/4, +-3/2 and infinity instead of the
 * paper's 0, +-1, +-2: half the rounding error (1.5e-6 instead of 3.0e-6 of the
 * result over 320 channels of normal values), and A and B are still exact in
 * binary. With the points a and b, rows and columns follow Toom and Cook:
 * A holds powers of the points, B the coefficients of the products of
 * (x - other points), G powers over the value of that product at the point. */
#include "kernel/ref/ref.h"
#include "kernel/wino_points.h"

#define A WINO_A
#define B WINO_B
#define A2 (A * A)
#define B2 (B * B)
#define FA (2 * A2 * (A2 - B2)) /* products of (point - other points) */
#define FB (2 * B2 * (B2 - A2))

static const double BT[6][6] = {
    {A2 * B2, 0, -A2 - B2, 0, 1, 0},   {0, -A * B2, -B2, A, 1, 0}, {0, A * B2, -B2, -A, 1, 0},
    {0, -A2 * B, -A2, B, 1, 0},        {0, A2 * B, -A2, -B, 1, 0}, {0, A2 * B2, 0, -A2 - B2, 0, 1},
};
static const double G[6][3] = {
    {1 / (A2 * B2), 0, 0}, {1 / FA, A / FA, A2 / FA}, {1 / FA, -A / FA, A2 / FA},
    {1 / FB, B / FB, B2 / FB}, {1 / FB, -B / FB, B2 / FB}, {0, 0, 1},
};
static const double AT[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, A, -A, B, -B, 0},
    {0, A2, A2, B2, B2, 0},
    {0, A * A2, -A * A2, B * B2, -B * B2, 1},
};

/* out = t x t^T for t: [n, k] row-major, x: [k, k], out: [n, n]; n, k <= 6. */
static void sandwich(double *out, const double *t, const double *x, int n, int k)
{
    double tx[36] = {0};
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++)
            for (int l = 0; l < k; l++)
                tx[i * k + j] += t[i * k + l] * x[l * k + j];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            out[i * n + j] = 0;
            for (int l = 0; l < k; l++)
                out[i * n + j] += tx[i * k + l] * t[j * k + l];
        }
}

void rs_ref_wino_input(float *dst, size_t ld_dst, const float *src, ptrdiff_t ld_row,
                       ptrdiff_t ld_pix, int y0, int y1, int x0, int x1, size_t c)
{
    for (size_t j = 0; j < c; j++) {
        double d[36] = {0}, v[36];
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                d[6 * y + x] = (double)src[y * ld_row + x * ld_pix + (ptrdiff_t)j];
        sandwich(v, BT[0], d, 6, 6);
        for (size_t k = 0; k < 36; k++)
            dst[k * ld_dst + j] = (float)v[k];
    }
}

void rs_ref_wino_output(float *dst, ptrdiff_t ld_row, ptrdiff_t ld_pix, const float *m, size_t ld_m,
                        const float *bias, const float *res, int ny, int nx, size_t c)
{
    for (size_t j = 0; j < c; j++) {
        double v[36], out[16];
        for (size_t k = 0; k < 36; k++)
            v[k] = (double)m[k * ld_m + j];
        sandwich(out, AT[0], v, 4, 6);
        for (int y = 0; y < ny; y++)
            for (int x = 0; x < nx; x++) {
                const ptrdiff_t at = y * ld_row + x * ld_pix + (ptrdiff_t)j;
                dst[at] = (float)(out[4 * y + x] + (bias ? (double)bias[j] : 0) +
                                  (res ? (double)res[at] : 0));
            }
    }
}

void rs_ref_wino_weight(float *dst, size_t ld_dst, const float *g, size_t n, size_t c, int part)
{
    const int rows[3][2] = {{0, 5}, {1, 2}, {3, 4}};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < c; j++) {
            double v[36], gd[9];
            for (size_t t = 0; t < 9; t++)
                gd[t] = (double)g[(i * 9 + t) * c + j];
            sandwich(v, G[0], gd, 6, 3);
            for (size_t q = 0; q < 12; q++)
                dst[q * ld_dst + i * c + j] = (float)v[6 * rows[part][q / 6] + (int)(q % 6)];
        }
}
