/* GEGLU on a product while its pieces are in the cache: a piece is some columns of
 * values and the same ones of gates, which never reach memory. For packed.c and its
 * like, whatever their weights are made of. */
#ifndef RS_TENSOR_GEGLU_H
#define RS_TENSOR_GEGLU_H

#include "tensor/cut.h"
#include "tensor/exec.h"

typedef struct rs_geglu {
    const rs_kern *kern;
    rs_cut cut;
    size_t half, nr; /* columns of values, of a panel */
    float *y;        /* [m, half] */
    float *gates;    /* a worker's, stride apart */
    size_t stride;
} rs_geglu;

/* Two pieces of the product, of the same rows; where the gates begin within a panel
 * theirs has more columns, and lead of them come before. */
typedef struct rs_geglu_piece {
    rs_cut_piece value, gate;
    float *y; /* for the values, of row length half */
    float *g; /* for the gates */
    size_t ldg, lead;
} rs_geglu_piece;

/* A product of m rows, in blocks of `rows`, by n columns in panels of nr. Takes scratch
 * of ex, which the caller rewinds; fails only when out of that. */
rs_status rs_geglu_begin(const rs_exec *ex, rs_geglu *j, size_t m, size_t rows, size_t n, size_t nr,
                         float *y, rs_err *err);
rs_geglu_piece rs_geglu_at(const rs_geglu *j, size_t index, int worker);
/* When both pieces are filled: y *= gelu(g). */
void rs_geglu_apply(const rs_geglu *j, const rs_geglu_piece *p);

#endif
