#include "kernel/ref/ref.h"

void rs_ref_gemm(const rs_gemm_block *g)
{
    for (size_t i = 0; i < g->m; i++) {
        double sum[RS_REF_GEMM_NR] = {0};
        for (size_t l = 0; l < g->k; l++)
            for (size_t j = 0; j < g->n; j++)
                sum[j] += (double)g->a[i * g->lda + l] * (double)g->b[l * g->ldb + j];
        for (size_t j = 0; j < g->n; j++) {
            if (g->bias)
                sum[j] += (double)g->bias[j];
            if (g->res)
                sum[j] += (double)g->res[i * g->ldres + j];
            g->c[i * g->ldc + j] = (float)sum[j];
        }
    }
}
