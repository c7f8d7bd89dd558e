/* How a product [m, n] is cut into the pieces that threads take: blocks of rows by some
 * panels of columns. By shape alone, never by the number of threads. */
#ifndef RS_TENSOR_CUT_H
#define RS_TENSOR_CUT_H

#include <stddef.h>

typedef struct rs_cut {
    size_t m, n;
    size_t rows, columns; /* of a piece, the last ones may have fewer */
    size_t down, across;  /* pieces */
} rs_cut;

/* Rows r0 to r1 and columns c0, where a panel begins, to c1. */
typedef struct rs_cut_piece {
    size_t r0, r1, c0, c1;
} rs_cut_piece;

/* m rows, m > 0, in equal blocks of at most `most`, rounded up to a multiple of mr. */
size_t rs_cut_rows(size_t m, size_t most, size_t mr);

/* m rows in blocks of `rows` by n columns in panels of nr: pieces at most 256 columns
 * wide, narrower while there are too few of them to go round. What a row is, is the
 * caller's affair. */
rs_cut rs_cut_make(size_t m, size_t rows, size_t n, size_t nr);

static inline size_t rs_cut_pieces(const rs_cut *c)
{
    return c->down * c->across;
}

/* Piece i; those side by side follow one another. */
rs_cut_piece rs_cut_at(const rs_cut *c, size_t i);

#endif
