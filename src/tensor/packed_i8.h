/* Matrix products and convolutions with constant weights of 8 bits.
 *
 * Weights are signed bytes with a scale for each column, activations unsigned bytes
 * with a scale and a zero point measured while running: for each row of a matrix,
 * for each strip of a picture. Sums are exact integers, so the result depends neither
 * on the number of threads, nor on how the work is cut, nor on the processor. */
#ifndef RS_TENSOR_PACKED_I8_H
#define RS_TENSOR_PACKED_I8_H

#include <stdint.h>

#include "tensor/packed.h"

/* A matrix [k, n], k = taps * step, in panels of nr columns; each panel holds
 * [k / kr, nr, kr] bytes. */
typedef struct rs_packed_i8 {
    size_t n, c, taps;
    size_t step;        /* c, rounded up to a multiple of RS_I8_DEPTH */
    size_t nr, kr;      /* of the kernels it was packed for */
    const int8_t *data;
    const float *scale; /* [n], rounded up to whole panels */
    const int32_t *sum; /* the same: sums of the columns */
} rs_packed_i8;

/* Packs into memory of arena; the source may go afterwards. A column that is not
 * finite gives results that are not finite. */
rs_status rs_packed_i8_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src,
                            rs_packed_i8 *out, rs_err *err);

/* The activations that some rows of a product read, as bytes: see rs_i8_block. */
typedef struct rs_i8_rows {
    const void *data;
    size_t ld, run, ld_run, ld_seg, segs;
    const float *scale;  /* of each row */
    const uint8_t *zero; /* of each row */
} rs_i8_rows;

/* How values in lo .. hi, lo <= 0 <= hi, become bytes: x = scale * (byte - zero), byte =
 * rint(x * inv) + zero. With a NaN among lo and hi, or an infinite range, scale is NaN
 * and inv 0. */
typedef struct rs_i8_map {
    float scale, inv;
    uint8_t zero;
} rs_i8_map;
rs_i8_map rs_i8_map_of(float lo, float hi);
/* n values by such a map, as elements of rs_i8_elem bytes; with a scale of NaN zeros. */
void rs_i8_bytes(const rs_kern *kern, const rs_i8_map *map, void *dst, const float *x, size_t n);

/* rs_packed_piece with such rows instead of mm->x, whole runs of them. */
void rs_packed_i8_piece(const rs_kern *kern, const rs_packed_i8 *w, const rs_i8_rows *rows,
                        const rs_matmul *mm, const rs_cut_piece *p, float *y, size_t ldy);

/* rs_packed_matmul, each row with a scale of its own. Over all threads; fails only
 * when out of scratch. */
rs_status rs_packed_i8_matmul(const rs_exec *ex, const rs_packed_i8 *w, const rs_matmul *mm, rs_err *err);

static inline size_t rs_packed_i8_panels(const rs_packed_i8 *w)
{
    return rs_div_up(w->n, w->nr);
}

/* Bytes of the weights in memory. */
static inline size_t rs_packed_i8_bytes(const rs_packed_i8 *w)
{
    return rs_packed_i8_panels(w) * w->nr * w->taps * w->step;
}

/* Bytes of an activation. */
static inline size_t rs_i8_elem(const rs_kern *kern)
{
    return 4 / kern->i8_kr;
}

#endif
