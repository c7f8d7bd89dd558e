#include "tensor/gemm.h"

#include <cblas.h>

void rs_gemm_init(void)
{
    openblas_set_num_threads(1);
}

void rs_gemm_tile(const rs_gemm_args *g)
{
    if (g->m == 0 || g->n == 0)
        return;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, g->b_trans ? CblasTrans : CblasNoTrans, (int)g->m,
                (int)g->n, (int)g->k, g->alpha, g->a, (int)g->lda, g->b, (int)g->ldb, g->beta, g->c,
                (int)g->ldc);
}
