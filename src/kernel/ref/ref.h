/* The scalar reference kernels: the definition of every row of kernel/kern.h,
 * which holds their contracts. Sums are taken in double and rounded once, but for
 * those of bfloat16 and bytes, where every tier must give the same bits. */
#ifndef RS_KERNEL_REF_REF_H
#define RS_KERNEL_REF_REF_H

#include "kernel/kern.h"

void rs_ref_f16_to_f32(float *dst, const uint16_t *src, size_t n);
void rs_ref_bf16_to_f32(float *dst, const uint16_t *src, size_t n);

void rs_ref_add(float *dst, const float *a, const float *b, size_t n);
void rs_ref_axpby(float *dst, float a, const float *x, float b, const float *y, size_t n);
void rs_ref_add_bias(float *x, const float *bias, size_t rows, size_t c);
void rs_ref_silu(float *dst, const float *src, size_t n);
void rs_ref_gelu(float *dst, const float *src, size_t n);
void rs_ref_quick_gelu(float *dst, const float *src, size_t n);
void rs_ref_geglu(float *dst, const float *gate, size_t n);
/* x * sigmoid(x) of one value; its limit 0 at -inf. */
double rs_ref_silu_value(double x);

void rs_ref_layer_norm(float *dst, const float *src, const float *gamma, const float *beta,
                       size_t rows, size_t c, float eps);
void rs_ref_channel_sums(double *sum, double *sumsq, const float *x, size_t rows, size_t c, size_t ld);
void rs_ref_scale_shift(float *dst, size_t ld_dst, const float *src, size_t ld_src,
                        const float *scale, const float *shift, size_t rows, size_t c, bool silu);

void rs_ref_softmax_step(float *s, size_t rows, size_t c, size_t ld, const float *old, const float *top,
                         float *rescale);

void rs_ref_wino_input(float *dst, size_t ld_dst, const float *src, ptrdiff_t ld_row,
                       ptrdiff_t ld_pix, int y0, int y1, int x0, int x1, size_t c);
void rs_ref_wino_output(float *dst, ptrdiff_t ld_row, ptrdiff_t ld_pix, const float *m, size_t ld_m,
                        const float *bias, const float *res, int ny, int nx, size_t c);
void rs_ref_wino_weight(float *dst, size_t ld_dst, const float *g, size_t n, size_t c, int part);

enum { RS_REF_GEMM_NR = 8 };
void rs_ref_gemm(const rs_gemm_block *g);

void rs_ref_gemm_bf16(const rs_gemm_block *g);
/* c after one pair: what VDPBF16PS does in a lane. */
float rs_ref_dot_bf16(float c, const uint16_t a[2], const uint16_t b[2]);
void rs_ref_f32_to_bf16(uint16_t *dst, const float *src, size_t n);
void rs_ref_bf16_pairs(rs_bf16_pair *dst, const float *src, size_t rows, size_t c, size_t ld);

enum { RS_REF_I8_NR = 8, RS_REF_I8_KR = 4 };
void rs_ref_range(float *lo, float *hi, const float *x, size_t n);
void rs_ref_quantise(void *dst, const float *x, size_t n, float inv, float zero);
void rs_ref_gemm_i8(const rs_i8_block *g);

void rs_ref_u8_to_f32(float *dst, const uint8_t *src, size_t n);
void rs_ref_f32_to_u8(uint8_t *dst, const float *src, size_t n);

#endif
