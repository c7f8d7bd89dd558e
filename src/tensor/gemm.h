/* A product by BLAS, which runs single-threaded inside our own pool: what the
 * machine's rate is compared with. The model's products are those of packed.h and
 * op_attention.c. */
#ifndef RS_TENSOR_GEMM_H
#define RS_TENSOR_GEMM_H

#include <stdbool.h>
#include <stddef.h>

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

/* Must be called once before products run in several threads: keeps BLAS from
 * starting threads of its own. */
void rs_gemm_init(void);

#endif
