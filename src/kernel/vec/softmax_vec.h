/* One tile of streaming softmax. */
#ifndef RS_KERNEL_VEC_SOFTMAX_VEC_H
#define RS_KERNEL_VEC_SOFTMAX_VEC_H

#include <math.h>

#include "kernel/vec/math_vec.h"

static float row_max_of(const float *s, size_t cols)
{
    const vf none = vf_set1(-INFINITY);
    vf a = none, b = none, c = none, d = none;
    size_t j = 0;
    for (; j + 4 * VF_N <= cols; j += 4 * VF_N) {
        a = vf_max(a, vf_load(s + j));
        b = vf_max(b, vf_load(s + j + VF_N));
        c = vf_max(c, vf_load(s + j + 2 * VF_N));
        d = vf_max(d, vf_load(s + j + 3 * VF_N));
    }
    VEC_EACH(cols - j, a = vf_max(a, vf_ld_or(s + j + i, k, none)));
    return vf_hmax(vf_max(vf_max(a, b), vf_max(c, d)));
}

/* s = e^min(scale*s - m, 0), returned as well; lanes past k count 0. */
static RS_ALWAYS_INLINE vf exp_at(float *s, vf scale, vf m, size_t k)
{
    const vf x = vf_fms(scale, vf_ld_or(s, k, vf_set1(-INFINITY)), m);
    const vf e = exp_sum(clamp(x, EXP_LOW, 0), vf_set1(0));
    vf_st(s, e, k);
    return e;
}

/* Four vectors are summed in float (two roundings each), then go to double. */
static double exp_row(float *s, size_t cols, float scale, float m)
{
    const vf vs = vf_set1(scale), vm = vf_set1(m);
    vd sum = vd_set1(0);
    size_t j = 0;
    for (; j + 4 * VF_N <= cols; j += 4 * VF_N) {
        const vf a = exp_at(s + j, vs, vm, VF_N), b = exp_at(s + j + VF_N, vs, vm, VF_N);
        const vf c = exp_at(s + j + 2 * VF_N, vs, vm, VF_N);
        const vf d = exp_at(s + j + 3 * VF_N, vs, vm, VF_N);
        sum = vd_add(sum, vd_from(vf_add(vf_add(a, b), vf_add(c, d))));
    }
    VEC_EACH(cols - j, sum = vd_add(sum, vd_from(exp_at(s + j + i, vs, vm, k))));
    return vd_sum(sum);
}

static void vec_softmax_tile(float *s, size_t rows, size_t cols, size_t ld, float scale, float *row_max,
                             float *row_sum, float *rescale)
{
    for (size_t r = 0; r < rows; r++, s += ld) {
        const float top = scale * row_max_of(s, cols), old = row_max[r];
        const float m = top > old ? top : old;
        const double sum = exp_row(s, cols, scale, m);
        const float f = vf_first(exp_sum(clamp(vf_set1(old - m), EXP_LOW, 0), vf_set1(0)));
        rescale[r] = f;
        row_sum[r] = (float)((double)row_sum[r] * (double)f + sum);
        row_max[r] = m;
    }
}

#endif
