/* Matrix products with constant weights, packed once at load.
 *
 * Weights lie in panels of gemm_nr columns, each as long as a block of the depth,
 * in the order in which a product reads them, and in the type they had in their
 * file: 16-bit ones are widened a panel at a time into the first-level cache.
 * Every value of a product is summed in an order that its depth alone fixes, so
 * the result depends neither on the number of threads nor on how rows and
 * columns are cut. */
#ifndef RS_TENSOR_PACKED_H
#define RS_TENSOR_PACKED_H

#include <stddef.h>

#include "base/mem.h"
#include "tensor/cut.h"
#include "tensor/exec.h"

/* RS_ELEM_PAIRS: bfloat16, two of them an element, for products with such rows, see
 * packed_bf16.h; never in a source. */
typedef enum rs_elem { RS_ELEM_F32, RS_ELEM_F16, RS_ELEM_BF16, RS_ELEM_PAIRS } rs_elem;
size_t rs_elem_size(rs_elem type);
/* n values of a 16-bit type to floats. */
void rs_elem_widen(const rs_kern *kern, rs_elem type, float *dst, const uint16_t *src, size_t n);

/* Weights as they lie in a file: [n, c, taps] row-major, at any address. */
typedef struct rs_packed_source {
    const void *data;
    rs_elem type;
    size_t n, c, taps;
} rs_packed_source;

/* A matrix [k, n], k = c * taps with the taps outermost; of pairs half of that, rounded up. */
typedef struct rs_packed {
    size_t n, k;
    size_t values; /* c * taps */
    size_t nr; /* of the kernels it was packed for */
    rs_elem type;
    const void *data;
} rs_packed;

/* Packs into memory of arena; the source may go afterwards. */
rs_status rs_packed_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src, rs_packed *out,
                         rs_err *err);

static inline size_t rs_packed_panels(const rs_packed *w)
{
    return rs_div_up(w->n, w->nr);
}
/* Bytes they take in memory. */
size_t rs_packed_bytes(const rs_packed *w);

/* Row `row` of a source, [c, taps], as floats. */
void rs_packed_source_row(const rs_kern *kern, const rs_packed_source *src, size_t row, float *dst);

/* y[m, n] = x[m, k] * w + bias[n] + res[m, n]; y and res are dense. bias and res
 * may be NULL; res may equal y. y does not overlap x. With geglu (then without res)
 * y[m, n/2] = v * gelu(g), the halves v and g of those n columns. */
typedef struct rs_matmul {
    size_t m;
    union { /* x2 where w has pairs: k and ldx count them */
        const float *x;
        const rs_bf16_pair *x2;
    };
    size_t ldx;
    const float *bias;
    const float *res;
    float *y;
    bool geglu;
} rs_matmul;

/* Over all threads. Fails only with geglu, when out of scratch. */
rs_status rs_packed_matmul(const rs_exec *ex, const rs_packed *w, const rs_matmul *mm, rs_err *err);
/* A piece of x * w + bias + res, on the calling thread; y, of row length ldy: where its
 * first value goes. */
void rs_packed_piece(const rs_kern *kern, const rs_packed *w, const rs_matmul *mm, const rs_cut_piece *p,
                     float *y, size_t ldy);

#endif
