/* A piece, the unit of work of a thread, is some rows by at most 256 columns, where the
 * bytes of the rows stay in L2 while one panel after the other passes by; what happens
 * within a panel is the kernel's affair. */
#include "tensor/packed_i8.h"

#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "tensor/geglu.h"

#define ROW_BYTES ((size_t)256 << 10)
#define MAX_ROWS ((size_t)144)
#define MIN_ROWS ((size_t)48)
#define STEP ((size_t)32) /* rows turned to bytes at a time */
#define TINY 1e-30f       /* a smaller range counts as zero: 255 / range is a float */

rs_i8_map rs_i8_map_of(float lo, float hi)
{
    const float range = hi - lo;
    if (!isfinite(range))
        return (rs_i8_map){ .scale = NAN };
    if (range < TINY)
        return (rs_i8_map){ 0 };
    const float inv = 255.0f / range;
    return (rs_i8_map){ .scale = range / 255.0f, .inv = inv, .zero = (uint8_t)fminf(rintf(-lo * inv), 255) };
}

/* The same for weights, where lo .. hi is symmetric and bytes are 128 too large. */
static rs_i8_map weight_map(float lo, float hi)
{
    const float most = fmaxf(-lo, hi);
    if (!isfinite(lo) || most < TINY)
        return (rs_i8_map){ .scale = isfinite(lo) ? 0 : NAN, .zero = 128 };
    return (rs_i8_map){ .scale = most / 127.0f, .inv = 127.0f / most, .zero = 128 };
}

void rs_i8_bytes(const rs_kern *kern, const rs_i8_map *map, void *dst, const float *x, size_t n)
{
    if (isnan(map->scale))
        memset(dst, 0, n * rs_i8_elem(kern));
    else
        kern->quantise(dst, x, n, map->inv, map->zero);
}

struct pack_job {
    const rs_exec *ex;
    const rs_packed_source *src;
    const rs_packed_i8 *w;
    int8_t *data;
    float *scale;
    int32_t *sum;
    float *rows; /* a worker's: one column as floats, and as bytes behind */
    size_t stride;
};

static int element(const void *p, size_t size, size_t i)
{
    return size == 1 ? ((const uint8_t *)p)[i] : ((const int16_t *)p)[i];
}

/* One column: [c, taps] floats to [taps, step] bytes in the panel. */
static void pack_column(const struct pack_job *j, size_t col, float *row)
{
    const rs_packed_i8 *w = j->w;
    const size_t count = w->c * w->taps, kr = w->kr, nr = w->nr;
    const size_t size = rs_i8_elem(j->ex->kern);
    void *bytes = row + count;
    float lo, hi;
    rs_packed_source_row(j->ex->kern, j->src, col, row);
    j->ex->kern->range(&lo, &hi, row, count);
    const rs_i8_map map = weight_map(lo, hi);
    rs_i8_bytes(j->ex->kern, &map, bytes, row, count);
    int8_t *panel = j->data + col / nr * w->taps * w->step * nr + col % nr * kr;
    int32_t sum = 0;
    for (size_t t = 0; t < w->taps; t++)
        for (size_t i = 0; i < w->c; i++) {
            const size_t l = t * w->step + i;
            const int v = element(bytes, size, i * w->taps + t) - 128;
            panel[l / kr * nr * kr + l % kr] = (int8_t)v;
            sum += v;
        }
    j->scale[col] = map.scale;
    j->sum[col] = sum;
}

static void pack_panel(void *arg, size_t panel, int worker)
{
    const struct pack_job *j = arg;
    const rs_packed_i8 *w = j->w;
    const size_t first = panel * w->nr, bytes = w->taps * w->step * w->nr;
    memset(j->data + panel * bytes, 0, bytes);
    for (size_t col = first; col < first + w->nr; col++)
        if (col < w->n) {
            pack_column(j, col, j->rows + (size_t)worker * j->stride);
        } else {
            j->scale[col] = 0;
            j->sum[col] = 0;
        }
}

rs_status rs_packed_i8_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src,
                            rs_packed_i8 *out, rs_err *err)
{
    rs_packed_i8 w = { .n = src->n, .c = src->c, .taps = src->taps, .nr = ex->kern->i8_nr,
                       .kr = ex->kern->i8_kr, .step = rs_round_up(src->c, RS_I8_DEPTH) };
    struct pack_job j = { .ex = ex, .src = src, .w = &w };
    size_t bytes;
    RS_BUG_IF(w.n == 0 || w.c == 0 || w.taps == 0);
    const size_t columns = rs_packed_i8_panels(&w) * w.nr;
    /* 2^31 / (255 * 127): longer sums could overflow */
    if (w.n > SIZE_MAX - w.nr || w.c > 66000 / w.taps || !rs_mul_size(columns, w.taps * w.step, &bytes))
        return RS_FAIL(err, RS_E_RANGE, "weights of %zu x %zu x %zu are too large", w.n, w.c, w.taps);
    j.data = rs_arena_alloc(arena, bytes);
    j.scale = RS_NEW_N(arena, float, columns);
    j.sum = RS_NEW_N(arena, int32_t, columns);
    if (!j.data || !j.scale || !j.sum)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for weights of %zu x %zu (%zu MB)", w.n, w.c * w.taps,
                       bytes >> 20);
    const size_t floats = w.c * w.taps + rs_div_up(w.c * w.taps * rs_i8_elem(ex->kern), sizeof(float));
    j.stride = rs_exec_stride(floats);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    RS_TRY(rs_exec_worker_floats(ex, floats, &j.rows, err));
    rs_par_for(ex->pool, rs_packed_i8_panels(&w), pack_panel, &j);
    rs_arena_rewind(ex->scratch, mark);
    w.data = j.data;
    w.scale = j.scale;
    w.sum = j.sum;
    *out = w;
    return RS_OK;
}

struct rows_job {
    const rs_kern *kern;
    const float *x;
    size_t ldx, m, c, ld, size;
    uint8_t *data, *zero;
    float *scale;
};

static void rows_piece(void *arg, size_t piece, int worker)
{
    (void)worker;
    const struct rows_job *j = arg;
    for (size_t i = piece * STEP; i < (piece + 1) * STEP && i < j->m; i++) {
        const float *x = j->x + i * j->ldx;
        float lo, hi;
        j->kern->range(&lo, &hi, x, j->c);
        const rs_i8_map map = rs_i8_map_of(lo, hi);
        uint8_t *row = j->data + i * j->ld * j->size;
        rs_i8_bytes(j->kern, &map, row, x, j->c);
        memset(row + j->c * j->size, 0, (j->ld - j->c) * j->size);
        j->scale[i] = map.scale;
        j->zero[i] = map.zero;
    }
}

/* The bytes of mm's rows, in scratch. */
static rs_status make_rows(const rs_exec *ex, const rs_matmul *mm, size_t c, rs_i8_rows *out, rs_err *err)
{
    struct rows_job j = { .kern = ex->kern, .x = mm->x, .ldx = mm->ldx, .m = mm->m, .c = c };
    j.ld = rs_round_up(c, RS_I8_DEPTH);
    j.size = rs_i8_elem(ex->kern);
    j.data = rs_arena_alloc(ex->scratch, j.m * j.ld * j.size);
    j.zero = rs_arena_alloc(ex->scratch, j.m);
    j.scale = rs_arena_alloc(ex->scratch, j.m * sizeof(float));
    if (!j.data || !j.zero || !j.scale)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu x %zu bytes", j.m, c);
    rs_par_for(ex->pool, rs_div_up(j.m, STEP), rows_piece, &j);
    *out = (rs_i8_rows){ .data = j.data, .run = 1, .ld_run = j.ld, .segs = 1, .scale = j.scale,
                         .zero = j.zero };
    return RS_OK;
}

void rs_packed_i8_piece(const rs_kern *kern, const rs_packed_i8 *w, const rs_i8_rows *rows,
                        const rs_matmul *mm, const rs_cut_piece *p, float *y, size_t ldy)
{
    const size_t k = w->taps * w->step, nr = w->nr, r0 = p->r0;
    const uint8_t *first = (const uint8_t *)rows->data + r0 / rows->run * rows->ld_run * rs_i8_elem(kern);
    RS_BUG_IF(nr != kern->i8_nr || w->kr != kern->i8_kr || r0 % rows->run || p->c0 % nr);
    for (size_t c = p->c0; c < p->c1; c += nr)
        kern->gemm_i8(&(rs_i8_block){
            .m = p->r1 - r0, .n = rs_least(p->c1 - c, nr), .k = k / rows->segs, .segs = rows->segs,
            .a = first, .lda = rows->ld, .run = rows->run,
            .ld_run = rows->ld_run, .ld_seg = rows->ld_seg, .a_scale = rows->scale + r0,
            .a_zero = rows->zero + r0, .b = w->data + c * k, .b_scale = w->scale + c,
            .b_sum = w->sum + c, .bias = mm->bias ? mm->bias + c : NULL,
            .res = mm->res ? mm->res + r0 * w->n + c : NULL, .ldres = w->n, .c = y + (c - p->c0),
            .ldc = ldy });
}

struct job {
    const rs_kern *kern;
    const rs_packed_i8 *w;
    rs_i8_rows x;
    const rs_matmul *mm;
    rs_cut cut;
    rs_geglu geglu;
};

static void piece(void *arg, size_t index, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_cut_piece p = rs_cut_at(&j->cut, index);
    rs_packed_i8_piece(j->kern, j->w, &j->x, j->mm, &p, j->mm->y + p.r0 * j->w->n + p.c0, j->w->n);
}

static void geglu_piece(void *arg, size_t index, int worker)
{
    const struct job *j = arg;
    const rs_geglu_piece p = rs_geglu_at(&j->geglu, index, worker);
    rs_packed_i8_piece(j->kern, j->w, &j->x, j->mm, &p.value, p.y, j->geglu.half);
    rs_packed_i8_piece(j->kern, j->w, &j->x, j->mm, &p.gate, p.g, p.ldg);
    rs_geglu_apply(&j->geglu, &p);
}

static size_t piece_rows(const rs_exec *ex, size_t m, size_t k)
{
    size_t most = ROW_BYTES / rs_i8_elem(ex->kern) / k;
    most = most > MAX_ROWS ? MAX_ROWS : most < MIN_ROWS ? MIN_ROWS : most;
    return rs_cut_rows(m, most, ex->kern->gemm_mr);
}

static rs_status run(const rs_exec *ex, struct job *j, rs_err *err)
{
    const rs_packed_i8 *w = j->w;
    const size_t m = j->mm->m, rows = piece_rows(ex, m, w->step);
    RS_TRY(make_rows(ex, j->mm, w->c, &j->x, err));
    if (j->mm->geglu) {
        RS_TRY(rs_geglu_begin(ex, &j->geglu, m, rows, w->n, w->nr, j->mm->y, err));
        rs_par_for(ex->pool, rs_cut_pieces(&j->geglu.cut), geglu_piece, j);
    } else {
        j->cut = rs_cut_make(m, rows, w->n, w->nr);
        rs_par_for(ex->pool, rs_cut_pieces(&j->cut), piece, j);
    }
    return RS_OK;
}

rs_status rs_packed_i8_matmul(const rs_exec *ex, const rs_packed_i8 *w, const rs_matmul *mm, rs_err *err)
{
    struct job j = { .kern = ex->kern, .w = w, .mm = mm };
    RS_BUG_IF(w->taps != 1 || (mm->geglu && mm->res));
    if (mm->m == 0)
        return RS_OK;
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = run(ex, &j, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
