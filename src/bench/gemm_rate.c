#include "bench/gemm_rate.h"

#include "base/clock.h"
#include "tensor/gemm.h"
#include "tensor/packed.h"

/* Depth and width of Stable Diffusion's widest levels; rows enough that every
 * thread has much to do. */
#define DIM ((size_t)1280)
#define ROWS_A_THREAD ((size_t)1024)
#define SECONDS 0.25

struct rate {
    const rs_exec *ex;
    size_t m;
    float *x, *w, *y;
    rs_packed packed;
};

static void run_own(const struct rate *r)
{
    const rs_matmul mm = { .m = r->m, .x = r->x, .ldx = DIM, .y = r->y };
    RS_BUG_IF(rs_packed_matmul(r->ex, &r->packed, &mm, NULL) != RS_OK); /* it takes no scratch */
}

static void blas_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct rate *r = arg;
    rs_gemm_tile(&(rs_gemm_args){
        .m = ROWS_A_THREAD, .n = DIM, .k = DIM, .a = r->x + i * ROWS_A_THREAD * DIM, .lda = DIM,
        .b = r->w, .ldb = DIM, .b_trans = true, .c = r->y + i * ROWS_A_THREAD * DIM, .ldc = DIM,
        .alpha = 1.0f });
}

static void run_blas(const struct rate *r)
{
    struct rate copy = *r;
    rs_par_for(r->ex->pool, r->m / ROWS_A_THREAD, blas_piece, &copy);
}

/* At least two runs, of which the first warms up. */
static void measure(const struct rate *r, void (*run)(const struct rate *), double *best)
{
    const double gflop = 2e-9 * (double)r->m * (double)DIM * (double)DIM, begin = rs_clock_now();
    run(r);
    do {
        const double t0 = rs_clock_now();
        run(r);
        const double rate = gflop / (rs_clock_now() - t0);
        *best = rate > *best ? rate : *best;
    } while (rs_clock_now() - begin < SECONDS);
}

static rs_status rates(struct rate *r, double *own, double *blas, rs_err *err)
{
    r->x = RS_NEW_N(r->ex->scratch, float, r->m * DIM);
    r->y = RS_NEW_N(r->ex->scratch, float, r->m * DIM);
    r->w = RS_NEW_N(r->ex->scratch, float, DIM * DIM);
    if (!r->x || !r->y || !r->w)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to measure matrix products");
    for (size_t i = 0; i < r->m * DIM; i++)
        r->x[i] = (float)(i % 61) / 61.0f - 0.5f;
    for (size_t i = 0; i < DIM * DIM; i++)
        r->w[i] = (float)(i % 53) / 53.0f - 0.5f;
    const rs_packed_source src = { .data = r->w, .type = RS_ELEM_F32, .n = DIM, .c = DIM, .taps = 1 };
    RS_TRY(rs_packed_make(r->ex, r->ex->scratch, &src, &r->packed, err));
    measure(r, run_own, own);
    measure(r, run_blas, blas);
    return RS_OK;
}

rs_status rs_gemm_rates(const rs_exec *ex, double *own, double *blas, rs_err *err)
{
    struct rate r = { .ex = ex, .m = ROWS_A_THREAD * (size_t)rs_pool_threads(ex->pool) };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = rates(&r, own, blas, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
