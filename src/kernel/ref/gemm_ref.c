#include "kernel/ref/ref.h"

static void finish_row(const rs_gemm_block *g, size_t i, const double *sum)
{
    for (size_t j = 0; j < g->n; j++) {
        double v = sum[j];
        if (g->bias)
            v += (double)g->bias[j];
        if (g->res)
            v += (double)g->res[i * g->ldres + j] * (g->res_scale ? (double)g->res_scale[j] : 1);
        g->c[i * g->ldc + j] = (float)v;
        if (g->col_max && (float)v > g->col_max[j])
            g->col_max[j] = (float)v;
    }
}

void rs_ref_gemm(const rs_gemm_block *g)
{
    for (size_t i = 0; i < g->m; i++) {
        double sum[RS_REF_GEMM_NR] = {0};
        for (size_t l = 0; l < g->k; l++) {
            const double a = (double)g->a[g->a_trans ? l * g->lda + i : i * g->lda + l];
            for (size_t j = 0; j < g->n; j++)
                sum[j] += a * (double)g->b[l * g->ldb + j];
        }
        finish_row(g, i, sum);
    }
}
