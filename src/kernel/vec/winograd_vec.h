/* Winograd F(4x4, 3x3) transforms, VF_N channels at a time.
 *
 * Each is T x T^T: T is applied to the columns of the patch, the result parked
 * on the stack (36 vectors, always in L1), then to its rows. Rows of B^T and A^T
 * come in pairs that differ in the sign of the odd terms, so either takes few
 * operations. The whole patch, the common case, is compiled apart so that its
 * loops unroll. */
#ifndef RS_KERNEL_VEC_WINOGRAD_VEC_H
#define RS_KERNEL_VEC_WINOGRAD_VEC_H

#include "kernel/vec/each_vec.h"
#include "kernel/wino_points.h"

#define A ((float)WINO_A)
#define B ((float)WINO_B)

/* d = B^T d */
static RS_ALWAYS_INLINE void apply_bt(vf d[6])
{
    const vf va = vf_set1(A), vb = vf_set1(B), a2 = vf_set1(A * A), b2 = vf_set1(B * B);
    const vf product = vf_set1(A * A * B * B), sum = vf_set1(A * A + B * B);
    const vf even_a = vf_fnma(b2, d[2], d[4]), odd_a = vf_fnma(b2, d[1], d[3]);
    const vf even_b = vf_fnma(a2, d[2], d[4]), odd_b = vf_fnma(a2, d[1], d[3]);
    const vf first = vf_fma(product, d[0], vf_fnma(sum, d[2], d[4]));
    const vf last = vf_fma(product, d[1], vf_fnma(sum, d[3], d[5]));
    d[0] = first;
    d[1] = vf_fma(va, odd_a, even_a);
    d[2] = vf_fnma(va, odd_a, even_a);
    d[3] = vf_fma(vb, odd_b, even_b);
    d[4] = vf_fnma(vb, odd_b, even_b);
    d[5] = last;
}

/* y = A^T m */
static RS_ALWAYS_INLINE void apply_at(vf y[4], const vf m[6])
{
    const vf sa = vf_add(m[1], m[2]), da = vf_sub(m[1], m[2]);
    const vf sb = vf_add(m[3], m[4]), db = vf_sub(m[3], m[4]);
    y[0] = vf_add(m[0], vf_add(sa, sb));
    y[1] = vf_fma(vf_set1(A), da, vf_mul(vf_set1(B), db));
    y[2] = vf_fma(vf_set1(A * A), sa, vf_mul(vf_set1(B * B), sb));
    y[3] = vf_fma(vf_set1(A * A * A), da, vf_fma(vf_set1(B * B * B), db, m[5]));
}

static RS_ALWAYS_INLINE void wino_input_at(float *dst, size_t ld_dst, const float *src,
                                           ptrdiff_t ld_row, ptrdiff_t ld_pix, int y0, int y1,
                                           int x0, int x1, size_t k)
{
    vf mid[6][6]; /* mid[x]: column x of B^T d */
    for (int x = 0; x < 6; x++) {
        for (int y = 0; y < 6; y++)
            mid[x][y] = x >= x0 && x < x1 && y >= y0 && y < y1
                            ? vf_ld(src + y * ld_row + x * ld_pix, k) : vf_set1(0);
        apply_bt(mid[x]);
    }
    for (int y = 0; y < 6; y++) {
        vf row[6];
        for (int x = 0; x < 6; x++)
            row[x] = mid[x][y];
        apply_bt(row);
        for (size_t x = 0; x < 6; x++, dst += ld_dst)
            vf_st(dst, row[x], k);
    }
}

/* The 36 stores of a vector go to as many lines, each of which must come from a
 * farther cache before a store to it ends, one after the other: asked for a tile
 * ahead, they come together. */
static RS_ALWAYS_INLINE void ahead(const float *next, size_t ld)
{
    for (size_t k = 0; k < 36; k++, next += ld)
        RS_PREFETCH(next);
}

static void vec_wino_input(float *dst, size_t ld_dst, const float *src, ptrdiff_t ld_row,
                           ptrdiff_t ld_pix, int y0, int y1, int x0, int x1, size_t c)
{
    size_t j = 0;
    if (y0 <= 0 && y1 >= 6 && x0 <= 0 && x1 >= 6)
        for (; j + VF_N <= c; j += VF_N) {
            if (j % 16 == 0)
                ahead(dst + c + j, ld_dst);
            wino_input_at(dst + j, ld_dst, src + j, ld_row, ld_pix, 0, 6, 0, 6, VF_N);
        }
    for (; j < c; j += VF_N)
        wino_input_at(dst + j, ld_dst, src + j, ld_row, ld_pix, y0, y1, x0, x1,
                      c - j < VF_N ? c - j : VF_N);
}

static RS_ALWAYS_INLINE void wino_output_at(float *dst, ptrdiff_t ld_row, ptrdiff_t ld_pix,
                                            const float *m, size_t ld_m, vf bias, const float *res,
                                            int ny, int nx, size_t k)
{
    vf mid[6][4]; /* mid[x]: column x of A^T m */
    for (size_t x = 0; x < 6; x++) {
        vf column[6];
        for (size_t y = 0; y < 6; y++)
            column[y] = vf_ld(m + (6 * y + x) * ld_m, k);
        apply_at(mid[x], column);
    }
    for (int y = 0; y < 4 && y < ny; y++) {
        vf row[6], out[4];
        for (int x = 0; x < 6; x++)
            row[x] = mid[x][y];
        apply_at(out, row);
        for (int x = 0; x < 4 && x < nx; x++) {
            const ptrdiff_t at = y * ld_row + x * ld_pix;
            const vf v = vf_add(out[x], bias);
            vf_st(dst + at, res ? vf_add(v, vf_ld(res + at, k)) : v, k);
        }
    }
}

static void vec_wino_output(float *dst, ptrdiff_t ld_row, ptrdiff_t ld_pix, const float *m, size_t ld_m,
                            const float *bias, const float *res, int ny, int nx, size_t c)
{
    size_t j = 0;
    if (ny == 4 && nx == 4)
        for (; j + VF_N <= c; j += VF_N)
            wino_output_at(dst + j, ld_row, ld_pix, m + j, ld_m,
                           bias ? vf_load(bias + j) : vf_set1(0), res ? res + j : NULL, 4, 4, VF_N);
    for (; j < c; j += VF_N) {
        const size_t k = c - j < VF_N ? c - j : VF_N;
        wino_output_at(dst + j, ld_row, ld_pix, m + j, ld_m,
                       bias ? vf_ld(bias + j, k) : vf_set1(0), res ? res + j : NULL, ny, nx, k);
    }
}

/* Row r of G is g_row[r] * (1, p, p^2) with p the point of the row: the sums over
 * powers, exact constants, come first, and each value is scaled once at its end. */
#define FIRST (1 / (WINO_A * WINO_A * WINO_B * WINO_B))
#define AT_A (1 / (2 * WINO_A * WINO_A * (WINO_A * WINO_A - WINO_B * WINO_B)))
#define AT_B (1 / (2 * WINO_B * WINO_B * (WINO_B * WINO_B - WINO_A * WINO_A)))

/* (g0 + p g1 + p^2 g2) and the same at -p */
static RS_ALWAYS_INLINE void at_points(vf *plus, vf *minus, float p, vf g0, vf g1, vf g2)
{
    const vf vp = vf_set1(p), even = vf_fma(vf_set1(p * p), g2, g0);
    *plus = vf_fma(vp, g1, even);
    *minus = vf_fnma(vp, g1, even);
}

/* One row of G g, times G^T: six values, scale being the row's own. */
static RS_ALWAYS_INLINE void wino_weight_row(float *dst, size_t ld_dst, const vf g[3], double scale,
                                             size_t k)
{
    vf a, na, b, nb;
    at_points(&a, &na, A, g[0], g[1], g[2]);
    at_points(&b, &nb, B, g[0], g[1], g[2]);
    const vf sa = vf_set1((float)(scale * AT_A)), sb = vf_set1((float)(scale * AT_B));
    vf_st(dst, vf_mul(g[0], vf_set1((float)(scale * FIRST))), k);
    vf_st(dst + ld_dst, vf_mul(a, sa), k);
    vf_st(dst + 2 * ld_dst, vf_mul(na, sa), k);
    vf_st(dst + 3 * ld_dst, vf_mul(b, sb), k);
    vf_st(dst + 4 * ld_dst, vf_mul(nb, sb), k);
    vf_st(dst + 5 * ld_dst, vf_mul(g[2], vf_set1((float)scale)), k);
}

static RS_ALWAYS_INLINE void wino_weight_at(float *dst, size_t ld_dst, const float *g, size_t c, int part,
                                            size_t k)
{
    vf upper[3], lower[3];
    for (size_t x = 0; x < 3; x++) {
        const vf g0 = vf_ld(g + x * c, k), g2 = vf_ld(g + (6 + x) * c, k);
        if (part == 0) {
            upper[x] = g0;
            lower[x] = g2;
        } else {
            at_points(&upper[x], &lower[x], part == 1 ? A : B, g0, vf_ld(g + (3 + x) * c, k), g2);
        }
    }
    wino_weight_row(dst, ld_dst, upper, part == 0 ? FIRST : part == 1 ? AT_A : AT_B, k);
    wino_weight_row(dst + 6 * ld_dst, ld_dst, lower, part == 0 ? 1 : part == 1 ? AT_A : AT_B, k);
}

static RS_ALWAYS_INLINE void wino_weight_part(float *dst, size_t ld_dst, const float *g, size_t n, size_t c,
                                              int part)
{
    for (size_t r = 0; r < n; r++, dst += c, g += 9 * c)
        VEC_EACH(c, wino_weight_at(dst + i, ld_dst, g + i, c, part, k));
}

static void vec_wino_weight(float *dst, size_t ld_dst, const float *g, size_t n, size_t c, int part)
{
    if (part == 0)
        wino_weight_part(dst, ld_dst, g, n, c, 0);
    else if (part == 1)
        wino_weight_part(dst, ld_dst, g, n, c, 1);
    else
        wino_weight_part(dst, ld_dst, g, n, c, 2);
}

#undef FIRST
#undef AT_A
#undef AT_B
#undef A
#undef B

#endif
