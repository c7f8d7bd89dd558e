/* The weights of a Winograd convolution: kept plain, 9 values a filter in the
 * type of their file, and transformed into 36 a block at a time by each
 * convolution, in the cache of the thread that multiplies with them. */
#ifndef RS_TENSOR_WINO_WEIGHTS_H
#define RS_TENSOR_WINO_WEIGHTS_H

#include "tensor/packed.h"

enum {
    RS_WINO_PARTS = 3,  /* pieces of the 36 planes, two rows of six each */
    RS_WINO_PLANES = 12 /* planes of a part */
};

/* [panels of nr columns][c_in][9][nr], columns beyond c_out are zeros. */
typedef struct rs_wino_weights {
    size_t c_in, c_out;
    size_t nr; /* of the kernels they were packed for */
    rs_elem type;
    const void *data;
} rs_wino_weights;

/* oihw: torch's [c_out, c_in, 9]. Packs into memory of arena. */
rs_status rs_wino_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw,
                       rs_wino_weights *out, rs_err *err);

/* Input channels [i0, i0 + n) of a panel, transformed: plane q of the part is
 * [n, nr] at dst + q * ld. */
void rs_wino_transform(const rs_kern *kern, const rs_wino_weights *w, size_t panel, size_t i0, size_t n,
                       int part, float *dst, size_t ld);

size_t rs_wino_bytes(const rs_wino_weights *w);

static inline size_t rs_wino_panels(const rs_wino_weights *w)
{
    return rs_div_up(w->c_out, w->nr);
}

/* Which of the 36 planes is plane q of a part. */
static inline size_t rs_wino_plane(int part, size_t q)
{
    static const unsigned char rows[RS_WINO_PARTS][2] = {{0, 5}, {1, 2}, {3, 4}};
    return 6 * (size_t)rows[part][q / 6] + q % 6;
}

#endif
