#include <math.h>

#include "kernel/ref/ref.h"

void rs_ref_range(float *lo, float *hi, const float *x, size_t n)
{
    *lo = *hi = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            *lo = *hi = NAN;
            return;
        }
        *lo = x[i] < *lo ? x[i] : *lo;
        *hi = x[i] > *hi ? x[i] : *hi;
    }
}

void rs_ref_quantise(void *dst, const float *x, size_t n, float inv, float zero)
{
    uint8_t *to = dst;
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)fminf(fmaxf(rintf(x[i] * inv) + zero, 0), 255);
}

static int32_t element(const rs_i8_block *g, size_t i, size_t j)
{
    const uint8_t *row = (const uint8_t *)g->a + i / g->run * g->ld_run + i % g->run * g->lda;
    enum { NR = RS_REF_I8_NR, KR = RS_REF_I8_KR };
    int32_t sum = 0;
    for (size_t s = 0; s < g->segs; s++)
        for (size_t l = 0; l < g->k; l++) {
            const size_t deep = s * g->k + l;
            sum += (row[s * g->ld_seg + l] - g->a_zero[i]) * g->b[(deep / KR * NR + j) * KR + deep % KR];
        }
    return sum;
}

void rs_ref_gemm_i8(const rs_i8_block *g)
{
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            float v = (float)element(g, i, j) * g->b_scale[j] * g->a_scale[i];
            if (g->bias)
                v += g->bias[j];
            if (g->res)
                v += g->res[i * g->ldres + j];
            g->c[i * g->ldc + j] = v;
        }
}
