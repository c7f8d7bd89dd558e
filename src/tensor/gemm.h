/* Matrix products. The only place that calls BLAS.
 *
 * BLAS runs single-threaded inside our own pool: a product is cut into pieces
 * by its shape alone, so results do not depend on the number of threads. */
#ifndef RS_TENSOR_GEMM_H
#define RS_TENSOR_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/exec.h"

/* One product on the calling thread (inside a worker). Row-major, leading
 * dimensions in floats: c[m, n] = alpha * a[m, k] * op(b) + beta * c with
 * op(b) = b[k, n], or b[n, k] transposed when b_trans. With beta = 0, c is not
 * read. */
typedef struct rs_gemm_args {
    size_t m, n, k;
    const float *a;
    size_t lda;
    const float *b;
    size_t ldb;
    bool b_trans;
    float *c;
    size_t ldc;
    float alpha, beta;
} rs_gemm_args;

void rs_gemm_tile(const rs_gemm_args *g);

/* y[m, n] = x[m, k] * w[n, k]^T + bias[n] + res[m, n], over all threads.
 * bias and res may be NULL; res may equal y. y does not overlap x. */
typedef struct rs_matmul {
    size_t m, n, k;
    const float *x;
    size_t ldx;
    const float *w;
    const float *bias;
    const float *res;
    float *y;
} rs_matmul;

void rs_matmul_run(const rs_exec *ex, const rs_matmul *mm);

/* Must be called once before products run in several threads: keeps BLAS from
 * starting threads of its own. */
void rs_gemm_init(void);

#endif
