/* How the bodies walk over memory: whole vectors, then one partial vector. An
 * element gets the same arithmetic wherever it stands, so no result depends on
 * alignment or on where a caller cut its work (sums excepted, whose order is
 * fixed by the length). */
#ifndef RS_KERNEL_VEC_EACH_VEC_H
#define RS_KERNEL_VEC_EACH_VEC_H

#include <string.h>

#include "base/compiler.h"

/* Runs STEP for i = 0, VF_N, ... below n with k = lanes from i on; k is the
 * constant VF_N in all but the last, so vf_ld and vf_st fold to plain accesses. */
#define VEC_EACH(n, STEP)                    \
    do {                                     \
        size_t i = 0;                        \
        for (; i + VF_N <= (n); i += VF_N) { \
            enum { k = VF_N };               \
            STEP;                            \
        }                                    \
        if (i < (n)) {                       \
            const size_t k = (n) - i;        \
            STEP;                            \
        }                                    \
    } while (0)

static RS_ALWAYS_INLINE vf vf_ld_or(const float *p, size_t k, vf fill)
{
    return k == VF_N ? vf_load(p) : vf_load_n(p, k, fill);
}

/* The missing lanes are 0. */
static RS_ALWAYS_INLINE vf vf_ld(const float *p, size_t k)
{
    return vf_ld_or(p, k, vf_set1(0));
}

static RS_ALWAYS_INLINE void vf_st(float *p, vf v, size_t k)
{
    if (k == VF_N)
        vf_store(p, v);
    else
        vf_store_n(p, v, k);
}

static RS_ALWAYS_INLINE vd vd_ld(const double *p, size_t k)
{
    if (k == VF_N)
        return vd_load(p);
    double part[VF_N] = {0};
    memcpy(part, p, k * sizeof *p);
    return vd_load(part);
}

static RS_ALWAYS_INLINE void vd_st(double *p, vd v, size_t k)
{
    double part[VF_N];
    vd_store(k == VF_N ? p : part, v);
    if (k != VF_N)
        memcpy(p, part, k * sizeof *p);
}

#endif
