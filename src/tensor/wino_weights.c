#include "tensor/wino_weights.h"

#include <string.h>

#include "base/compiler.h"

#define WIDE_ROWS ((size_t)8) /* input channels widened at a time, within L1 */
#define ROW_BLOCK ((size_t)256)

size_t rs_wino_bytes(const rs_wino_weights *w)
{
    return rs_wino_panels(w) * w->nr * w->c_in * 9 * rs_elem_size(w->type);
}

struct pack_job {
    const rs_packed_source *src;
    const rs_wino_weights *w;
    uint8_t *to;
};

/* Every nr-th element of a panel is one column of it, size bytes an element. */
static RS_ALWAYS_INLINE void pack_column(uint8_t *to, const uint8_t *from, size_t n, size_t nr, size_t size)
{
    for (size_t l = 0; l < n; l++)
        memcpy(to + l * nr * size, from + l * size, size);
}

static void pack_panel(void *arg, size_t panel, int worker)
{
    (void)worker;
    const struct pack_job *j = arg;
    const size_t k = j->w->c_in * 9, nr = j->w->nr, size = rs_elem_size(j->w->type);
    const uint8_t *src = j->src->data;
    uint8_t *to = j->to + panel * k * nr * size;
    if ((panel + 1) * nr > j->w->c_out)
        memset(to, 0, k * nr * size);
    for (size_t l = 0; l < k; l += ROW_BLOCK) { /* a block stays in L1 while its columns fill up */
        const size_t n = k - l < ROW_BLOCK ? k - l : ROW_BLOCK;
        for (size_t o = 0; o < nr && panel * nr + o < j->w->c_out; o++) {
            const uint8_t *from = src + ((panel * nr + o) * k + l) * size;
            uint8_t *column = to + (l * nr + o) * size;
            if (size == sizeof(float))
                pack_column(column, from, n, nr, sizeof(float));
            else
                pack_column(column, from, n, nr, sizeof(uint16_t));
        }
    }
}

rs_status rs_wino_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw,
                       rs_wino_weights *out, rs_err *err)
{
    rs_wino_weights w = { .c_in = oihw->c, .c_out = oihw->n, .nr = ex->kern->gemm_nr, .type = oihw->type };
    RS_BUG_IF(w.nr > RS_GEMM_MAX_NR || w.c_in == 0 || w.c_out == 0);
    size_t bytes;
    if (w.c_out > SIZE_MAX - w.nr || !rs_mul_size(rs_wino_panels(&w) * w.nr, w.c_in, &bytes) ||
        !rs_mul_size(bytes, 9 * rs_elem_size(w.type), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "weights of %zu x %zu x 9 are too large", w.c_out, w.c_in);
    uint8_t *to = rs_arena_alloc(arena, bytes);
    if (!to)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for weights of %zu x %zu x 9 (%zu MB)", w.c_out, w.c_in,
                       bytes >> 20);
    w.data = to;
    struct pack_job j = { .src = oihw, .w = &w, .to = to };
    rs_par_for(ex->pool, rs_wino_panels(&w), pack_panel, &j);
    *out = w;
    return RS_OK;
}

void rs_wino_transform(const rs_kern *kern, const rs_wino_weights *w, size_t panel, size_t i0, size_t n,
                       int part, float *dst, size_t ld)
{
    _Alignas(RS_ALIGN) float wide[WIDE_ROWS * 9 * RS_GEMM_MAX_NR];
    const size_t row = 9 * w->nr, at = (panel * w->c_in + i0) * row;
    if (w->type == RS_ELEM_F32) {
        kern->wino_weight(dst, ld, (const float *)w->data + at, n, w->nr, part);
        return;
    }
    const uint16_t *src = (const uint16_t *)w->data + at;
    for (size_t i = 0; i < n; i += WIDE_ROWS) {
        const size_t rows = n - i < WIDE_ROWS ? n - i : WIDE_ROWS;
        rs_elem_widen(kern, w->type, wide, src + i * row, rows * row);
        kern->wino_weight(dst + i * w->nr, ld, wide, rows, w->nr, part);
    }
}
