/* How a product is cut: BLAS repacks one whole operand for each piece, so the
 * larger dimension is cut and the smaller operand repacked. 16 pieces keep up to
 * 16 threads busy; a piece below 64 rows would be mostly packing. */
#include "tensor/gemm.h"

#include <cblas.h>
#include <string.h>

#define PIECES 16
#define MIN_PIECE 64

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

struct job {
    const rs_exec *ex;
    const rs_matmul *mm;
    size_t step; /* rows or columns a piece */
    bool by_rows;
};

/* Fills a block of y with what the product is added to. */
static void preload(const rs_matmul *mm, size_t r0, size_t r1, size_t c0, size_t c1)
{
    for (size_t r = r0; r < r1; r++) {
        float *y = mm->y + r * mm->n;
        const float *res = mm->res ? mm->res + r * mm->n : NULL;
        if (res && mm->bias)
            for (size_t c = c0; c < c1; c++)
                y[c] = res[c] + mm->bias[c];
        else if (res && res != y)
            memcpy(y + c0, res + c0, (c1 - c0) * sizeof(float));
        else if (mm->bias)
            memcpy(y + c0, mm->bias + c0, (c1 - c0) * sizeof(float));
    }
}

static void piece(void *arg, size_t index, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_matmul *mm = j->mm;
    size_t r0 = 0, r1 = mm->m, c0 = 0, c1 = mm->n;
    if (j->by_rows) {
        r0 = index * j->step;
        r1 = r0 + j->step < mm->m ? r0 + j->step : mm->m;
    } else {
        c0 = index * j->step;
        c1 = c0 + j->step < mm->n ? c0 + j->step : mm->n;
    }
    const bool loaded = mm->bias || mm->res;
    if (loaded)
        preload(mm, r0, r1, c0, c1);
    rs_gemm_tile(&(rs_gemm_args){
        .m = r1 - r0, .n = c1 - c0, .k = mm->k,
        .a = mm->x + r0 * mm->ldx, .lda = mm->ldx,
        .b = mm->w + c0 * mm->k, .ldb = mm->k, .b_trans = true,
        .c = mm->y + r0 * mm->n + c0, .ldc = mm->n,
        .alpha = 1.0f, .beta = loaded ? 1.0f : 0.0f,
    });
}

void rs_matmul_run(const rs_exec *ex, const rs_matmul *mm)
{
    struct job j = { .ex = ex, .mm = mm, .by_rows = mm->m >= mm->n };
    const size_t total = j.by_rows ? mm->m : mm->n;
    j.step = (total + PIECES - 1) / PIECES;
    j.step = j.step < MIN_PIECE ? MIN_PIECE : (j.step + 15) / 16 * 16;
    rs_par_for(ex->pool, (total + j.step - 1) / j.step, piece, &j);
}
