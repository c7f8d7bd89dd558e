/* Inner loops over raw float32 memory: one signature, several implementations.
 *
 * rs_kern_get(tier) returns the table of a tier: constants, every row filled.
 * The SIMD tiers compile the same bodies (vec/) for their width, and keep the
 * reference where speed does not matter. The scalar reference (ref/) is the
 * definition of each kernel: written for reading, sums in double.
 * build/checkkern compares every tier with it and times both.
 *
 * Rules for all kernels: no allocation, no threads, no I/O; pointers need no
 * alignment beyond float; any size including 0 is allowed; nothing outside the
 * stated elements is read or written; inputs and outputs do not overlap unless
 * "in place" is stated, where dst == src exactly is allowed. Results do not
 * depend on the alignment of the pointers. Matrices are row-major; "[r, c]"
 * with a leading dimension ld means element (i, j) at i*ld + j.
 *
 * Tolerance classes (checkkern): exact - bit-equal to the reference; sum - an
 * error of at most 8 eps * sum |terms| (order of summation); func - at most
 * 4e-7 relative to max(|value|, 1e-3) (polynomial exp and erf). */
#ifndef RS_KERNEL_KERN_H
#define RS_KERNEL_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* Two bfloat16 that follow each other along the depth of a product; the size of a float. */
typedef struct rs_bf16_pair {
    uint16_t v[2];
} rs_bf16_pair;

/* One block of a matrix product, see rs_kern.gemm and gemm_bf16. */
typedef struct rs_gemm_block {
    size_t m, n, k; /* k counts pairs where a and b hold pairs, as all sizes below do */
    union {         /* [m, k]; with a_trans [k, m], and then n is gemm_nr */
        const float *a;
        const rs_bf16_pair *a2;
    };
    size_t lda;
    bool a_trans;
    union { /* [k, n]; of pairs [k, gemm_nr] whatever n */
        const float *b;
        const rs_bf16_pair *b2;
    };
    size_t ldb;
    const float *bias; /* [n] or NULL */
    const float *res;  /* [m, n] or NULL; may equal c when ldres == ldc */
    size_t ldres;
    const float *res_scale; /* [n] or NULL (ones): factor of each column of res */
    float *col_max;         /* [n] or NULL: raised to the largest value of each column of c */
    float *c; /* [m, n] */
    size_t ldc;
} rs_gemm_block;

/* One block of a product of bytes, see rs_kern.gemm_i8. The left matrix, values of
 * 0 to 255, has elements of 4 / i8_kr bytes: uint8_t or int16_t, whichever the tier
 * multiplies. Its row i starts at element i / run * ld_run + i % run * lda and is segs
 * pieces of k elements, ld_seg apart: rows of a matrix, or the 3x3 patches of a
 * picture with a margin, taken in place. */
typedef struct rs_i8_block {
    size_t m, n, k, segs; /* k: a multiple of RS_I8_DEPTH */
    const void *a;
    size_t lda, run, ld_run, ld_seg;
    const float *a_scale;  /* [m] */
    const uint8_t *a_zero; /* [m] */
    const int8_t *b;       /* [segs * k / i8_kr, i8_nr, i8_kr] */
    const float *b_scale;  /* [i8_nr] */
    const int32_t *b_sum;  /* [i8_nr]: the sums of b's columns */
    const float *bias;     /* [n] or NULL */
    const float *res;      /* [m, n] or NULL; may equal c when ldres == ldc */
    size_t ldres;
    float *c; /* [m, n] */
    size_t ldc;
} rs_i8_block;

enum { RS_I8_DEPTH = 4, RS_GEMM_MAX_NR = 32 /* of any tier */ };

typedef struct rs_kern {
    /* IEEE half and bfloat16 to float; NaN stays NaN. exact */
    void (*f16_to_f32)(float *dst, const uint16_t *src, size_t n);
    void (*bf16_to_f32)(float *dst, const uint16_t *src, size_t n);

    /* dst = a + b; in place on either. exact */
    void (*add)(float *dst, const float *a, const float *b, size_t n);
    /* dst = a*x + b*y, each product rounded, then the sum; in place. exact */
    void (*axpby)(float *dst, float a, const float *x, float b, const float *y, size_t n);
    /* x[r][j] += bias[j] for x: [rows, c]. exact */
    void (*add_bias)(float *x, const float *bias, size_t rows, size_t c);

    /* Activations, in place allowed. func
     * silu x*sigmoid(x); gelu x/2*(1+erf(x/sqrt 2)); quick_gelu x*sigmoid(1.702x).
     * At +-inf their limits (inf, 0); NaN gives NaN. */
    void (*silu)(float *dst, const float *src, size_t n);
    void (*gelu)(float *dst, const float *src, size_t n);
    void (*quick_gelu)(float *dst, const float *src, size_t n);
    /* dst *= gelu(gate), in place. func */
    void (*geglu)(float *dst, const float *gate, size_t n);

    /* dst = (x - mean)/sqrt(var + eps) * gamma + beta over each row of [rows, c];
     * in place. sum */
    void (*layer_norm)(float *dst, const float *src, const float *gamma, const float *beta,
                       size_t rows, size_t c, float eps);

    /* sum[j] += sum_r x[r][j], sumsq[j] += sum_r x[r][j]^2, in double, for x:
     * [rows, c] with leading dimension ld. The first half of group norm. sum */
    void (*channel_sums)(double *sum, double *sumsq, const float *x, size_t rows, size_t c, size_t ld);
    /* dst = act(x*scale[j] + shift[j]) for [rows, c], the argument rounded once,
     * act = silu or nothing; in place when ld_dst == ld_src. The second half of
     * group norm. func */
    void (*scale_shift)(float *dst, size_t ld_dst, const float *src, size_t ld_src,
                        const float *scale, const float *shift, size_t rows, size_t c, bool silu);

    /* One step of streaming softmax down the columns of s: [rows, c], ld, in powers
     * of 2. top[j] is the largest value of column j so far, old[j] what it was before
     * these rows (-inf at first); each difference is rounded to float:
     *   rescale[j] = 2^(old[j] - top[j]),   s[r][j] = 2^(s[r][j] - top[j])
     * top is finite, s and old finite or -inf and nowhere above it. func */
    void (*softmax_step)(float *s, size_t rows, size_t c, size_t ld, const float *old,
                         const float *top, float *rescale);

    /* Winograd F(4x4, 3x3), channels last. B, G, A as in Lavin & Gray, "Fast
     * Algorithms for Convolutional Neural Networks" (2015), but with the points
     * 0 +-3/4 +-3/2 inf, which halve the error; matrices in ref/winograd_ref.c.
     *
     * wino_input: one 6x6 input patch to 36 vectors. src points at the patch's
     * top left pixel inside an [h, w, c] picture with row stride ld_row floats
     * and pixel stride ld_pix; y0..y1, x0..x1 (half open, within 0..6) are the
     * patch's rows and columns that lie inside the picture, the others count
     * as zero and are not read. dst[k*ld_dst + j] for k = 6*row + column. sum */
    void (*wino_input)(float *dst, size_t ld_dst, const float *src, ptrdiff_t ld_row,
                       ptrdiff_t ld_pix, int y0, int y1, int x0, int x1, size_t c);
    /* wino_output: 36 vectors to a 4x4 patch: dst[y*ld_row + x*ld_pix + j] =
     * (A^T m A)[y][x] + bias[j] (+ res at the same offsets when res is not
     * NULL; res may equal dst), only for y < ny, x < nx. bias may be NULL. sum */
    void (*wino_output)(float *dst, ptrdiff_t ld_row, ptrdiff_t ld_pix, const float *m, size_t ld_m,
                        const float *bias, const float *res, int ny, int nx, size_t c);
    /* wino_weight: a third of G g G^T of n rows of c filters, g: [n][9][c] with the
     * filters' taps row-major. part 0, 1, 2 are the rows (0, 5), (1, 2), (3, 4) of
     * G g G^T: dst[q*ld_dst + i*c + j] for q = 6*(0 or 1) + column. sum */
    void (*wino_weight)(float *dst, size_t ld_dst, const float *g, size_t n, size_t c, int part);

    /* c[i][j] = (sum_l a[i][l] * b[l][j] + bias[j]) + res[i][j]*res_scale[j], the
     * last product fused into the addition, for a panel of at most gemm_nr columns,
     * held in L1 while all m rows pass by; gemm_mr rows are taken at a time. c is
     * not read. Each element is a chain of fused multiply-adds in ascending l,
     * whatever m, n and its place, so a product may be cut in rows and columns at
     * will. col_max is of no use where c has NaN. sum */
    void (*gemm)(const rs_gemm_block *g);

    /* gemm for bfloat16 in pairs. The sum is that of x86's VDPBF16PS, pair after pair:
     * float(c + a[1]*b[1]), then float(c + a[0]*b[0]), each rounded once to nearest even,
     * with denormals taken for 0 on either side; what follows the sum is as in gemm, one
     * rounding each. As gemm, it may be cut in rows and columns at will. exact */
    void (*gemm_bf16)(const rs_gemm_block *g);
    /* To bfloat16 as x86's VCVTNEPS2BF16: nearest even, denormals become 0 of their sign,
     * NaN stays NaN. exact */
    void (*f32_to_bf16)(uint16_t *dst, const float *src, size_t n);
    /* Rows 2i and 2i + 1 of src: [rows, c], ld, to pairs dst: [ceil(rows / 2), c]; a row
     * that is missing counts as zeros. dst may be src where ld is c. exact */
    void (*bf16_pairs)(rs_bf16_pair *dst, const float *src, size_t rows, size_t c, size_t ld);

    /* lo = min(0, min x), hi = max(0, max x); both NaN when an x is not finite. exact */
    void (*range)(float *lo, float *hi, const float *x, size_t n);
    /* dst = rint(x * inv) + zero, ties to even, clamped to 0 .. 255, x finite; dst:
     * elements of 4 / i8_kr bytes. exact */
    void (*quantise)(void *dst, const float *x, size_t n, float inv, float zero);
    /* c[i][j] = (sum_l (a[i][l] - a_zero[i]) * b[l][j]) * b_scale[j] * a_scale[i] +
     * bias[j] + res[i][j], n <= i8_nr: the sum, an integer below 2^31, is exact,
     * the rest is rounded one by one from the left. c is not read. exact */
    void (*gemm_i8)(const rs_i8_block *g);

    /* Interleaved 8-bit pixels to floats v/127.5 - 1, and back: clamp, then
     * round(127.5*v + 127.5) half away from zero; NaN gives 0. n values. exact */
    void (*u8_to_f32)(float *dst, const uint8_t *src, size_t n);
    void (*f32_to_u8)(uint8_t *dst, const float *src, size_t n);

    /* Constants, behind all kernels: the tile of gemm; columns of a panel of
     * gemm_i8, and how many values of a column stand side by side in it, 2 or 4; how many
     * values of a column a step of the faster of gemm and gemm_bf16 takes: with 2 it is
     * gemm_bf16, with 1 that is the scalar one. */
    size_t gemm_mr, gemm_nr;
    size_t i8_nr, i8_kr;
    size_t bf16_kr;
} rs_kern;

/* Table of a tier; a tier above what was compiled in gives the highest one
 * below it. Never NULL. The caller must not ask for more than rs_cpu_detect(). */
const rs_kern *rs_kern_get(rs_cpu_tier tier);
/* The table of rs_cpu_active(). */
const rs_kern *rs_kern_active(void);

#endif
