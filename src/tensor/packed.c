/* Goto and van de Geijn's blocking ("Anatomy of High-Performance Matrix
 * Multiplication", 2008) with B packed beforehand and A not at all, as a tile of
 * it is read row by row:
 *
 *     piece: up to 144 rows x 256 columns          y[rows, columns] stays in L2
 *       block of the depth, up to 320              x[rows, block] stays in L2
 *         panel, 16 or 32 columns                  w[block, panel] in L1
 *           rows, 6 or 12                          sums in registers
 *
 * 320 divides the depths of Stable Diffusion's layers, and 16 x 320 floats leave
 * a third of a 32 KB cache to the rows. */
#include "tensor/packed.h"

#include <string.h>

#include "base/compiler.h"
#include "tensor/geglu.h"

#define DEPTH ((size_t)320)
#define ROWS ((size_t)144)
#define CHUNK ((size_t)1024)

/* The depth in equal blocks, so that none is thin. */
static size_t block_depth(size_t k)
{
    return rs_div_up(k, rs_div_up(k, DEPTH));
}

size_t rs_elem_size(rs_elem type)
{
    return type == RS_ELEM_F32 || type == RS_ELEM_PAIRS ? sizeof(float) : sizeof(uint16_t);
}

void rs_elem_widen(const rs_kern *kern, rs_elem type, float *dst, const uint16_t *src, size_t n)
{
    (type == RS_ELEM_F16 ? kern->f16_to_f32 : kern->bf16_to_f32)(dst, src, n);
}

static size_t packed_count(const rs_packed *w)
{
    return rs_packed_panels(w) * w->nr * w->k;
}

static size_t packed_at(const rs_packed *w, size_t l, size_t j)
{
    const size_t step = block_depth(w->k), l0 = l / step * step;
    const size_t depth = w->k - l0 < step ? w->k - l0 : step;
    return (l0 * rs_packed_panels(w) + j / w->nr * depth + (l - l0)) * w->nr + j % w->nr;
}

size_t rs_packed_bytes(const rs_packed *w)
{
    return packed_count(w) * rs_elem_size(w->type);
}

static rs_status alloc(const rs_exec *ex, rs_arena *arena, rs_packed *w, void **data, rs_err *err)
{
    size_t bytes;
    w->nr = ex->kern->gemm_nr;
    RS_BUG_IF(w->nr > RS_GEMM_MAX_NR || w->n == 0 || w->k == 0);
    if (w->n > SIZE_MAX - w->nr || !rs_mul_size(rs_packed_panels(w) * w->nr, w->k, &bytes) ||
        !rs_mul_size(bytes, rs_elem_size(w->type), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "weights of %zu x %zu are too large", w->n, w->k);
    *data = rs_arena_alloc(arena, bytes);
    if (!*data)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for weights of %zu x %zu (%zu MB)", w->n, w->k,
                       bytes >> 20);
    w->data = *data;
    return RS_OK;
}

struct pack_job {
    const rs_packed_source *src;
    const rs_packed *w;
    uint8_t *to;
};

static RS_ALWAYS_INLINE void copy_strided(uint8_t *to, size_t to_step, const uint8_t *from,
                                          size_t from_step, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * to_step, from + i * from_step, size);
}

/* One column of a block, a part of row `row` of the source, size bytes an element,
 * to every nr-th element; the row's [c, taps] becomes [taps, c]. */
static RS_ALWAYS_INLINE void pack_column(const struct pack_job *j, size_t row, size_t l0, size_t depth,
                                         size_t size)
{
    const size_t c = j->src->c, taps = j->src->taps, step = j->w->nr * size;
    const uint8_t *from = j->src->data;
    uint8_t *to = j->to + packed_at(j->w, l0, row) * size;
    from += row * c * taps * size;
    if (taps == 1) {
        copy_strided(to, step, from + l0 * size, size, depth, size);
        return;
    }
    for (size_t t = l0 / c, i = l0 % c, n; depth; depth -= n, to += n * step, t++, i = 0) {
        n = depth < c - i ? depth : c - i;
        copy_strided(to, step, from + (i * taps + t) * size, taps * size, n, size);
    }
}

static void pack_panel(void *arg, size_t panel, int worker)
{
    (void)worker;
    const struct pack_job *j = arg;
    const rs_packed *w = j->w;
    const size_t size = rs_elem_size(w->type), step = block_depth(w->k);
    for (size_t l = 0; l < w->k; l += step) { /* a block stays in L1 while its columns fill up */
        const size_t depth = rs_least(w->k - l, step);
        if ((panel + 1) * w->nr > w->n)
            memset(j->to + packed_at(w, l, panel * w->nr) * size, 0, depth * w->nr * size);
        for (size_t col = panel * w->nr; col < (panel + 1) * w->nr && col < w->n; col++)
            if (size == sizeof(float))
                pack_column(j, col, l, depth, sizeof(float));
            else
                pack_column(j, col, l, depth, sizeof(uint16_t));
    }
}

rs_status rs_packed_make(const rs_exec *ex, rs_arena *arena, const rs_packed_source *src, rs_packed *out,
                         rs_err *err)
{
    rs_packed w = { .n = src->n, .k = src->c * src->taps, .values = src->c * src->taps,
                    .type = src->type };
    void *to;
    RS_TRY(alloc(ex, arena, &w, &to, err));
    struct pack_job j = { .src = src, .w = &w, .to = to };
    rs_par_for(ex->pool, rs_packed_panels(&w), pack_panel, &j);
    *out = w;
    return RS_OK;
}

void rs_packed_source_row(const rs_kern *kern, const rs_packed_source *src, size_t row, float *dst)
{
    const size_t n = src->c * src->taps, size = rs_elem_size(src->type);
    const uint8_t *from = src->data;
    from += row * n * size;
    if (src->type == RS_ELEM_F32) {
        memcpy(dst, from, n * size);
        return;
    }
    uint16_t aligned[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t part = n - i < CHUNK ? n - i : CHUNK;
        memcpy(aligned, from + i * size, part * size);
        rs_elem_widen(kern, src->type, dst + i, aligned, part);
    }
}

void rs_packed_piece(const rs_kern *kern, const rs_packed *w, const rs_matmul *mm, const rs_cut_piece *p,
                     float *y, size_t ldy)
{
    _Alignas(RS_ALIGN) float wide[DEPTH * RS_GEMM_MAX_NR];
    const size_t panels = rs_packed_panels(w), step = block_depth(w->k), nr = w->nr;
    const float *res = mm->res ? mm->res + p->r0 * w->n + p->c0 : NULL;
    RS_BUG_IF(nr > kern->gemm_nr || p->c0 % nr);
    for (size_t l = 0; l < w->k; l += step) {
        const size_t depth = rs_least(w->k - l, step);
        for (size_t c = p->c0; c < p->c1; c += nr) {
            const size_t at = l * panels * nr + c * depth, to = c - p->c0;
            const float *b = wide, *start = l > 0 ? y : res; /* later blocks add to the earlier ones */
            if (rs_elem_size(w->type) == sizeof(float))
                b = (const float *)w->data + at;
            else
                rs_elem_widen(kern, w->type, wide, (const uint16_t *)w->data + at, depth * nr);
            (w->type == RS_ELEM_PAIRS ? kern->gemm_bf16 : kern->gemm)(&(rs_gemm_block){
                .m = p->r1 - p->r0, .n = rs_least(p->c1 - c, nr), .k = depth,
                .a = mm->x + p->r0 * mm->ldx + l, .lda = mm->ldx, .b = b, .ldb = nr,
                .bias = l == 0 && mm->bias ? mm->bias + c : NULL, .res = start ? start + to : NULL,
                .ldres = l > 0 ? ldy : w->n, .c = y + to, .ldc = ldy });
        }
    }
}

struct job {
    const rs_kern *kern;
    const rs_packed *w;
    const rs_matmul *mm;
    rs_cut cut;
    rs_geglu geglu;
};

static void piece(void *arg, size_t index, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_cut_piece p = rs_cut_at(&j->cut, index);
    rs_packed_piece(j->kern, j->w, j->mm, &p, j->mm->y + p.r0 * j->w->n + p.c0, j->w->n);
}

static void geglu_piece(void *arg, size_t index, int worker)
{
    const struct job *j = arg;
    const rs_geglu_piece p = rs_geglu_at(&j->geglu, index, worker);
    rs_packed_piece(j->kern, j->w, j->mm, &p.value, p.y, j->geglu.half);
    rs_packed_piece(j->kern, j->w, j->mm, &p.gate, p.g, p.ldg);
    rs_geglu_apply(&j->geglu, &p);
}

rs_status rs_packed_matmul(const rs_exec *ex, const rs_packed *w, const rs_matmul *mm, rs_err *err)
{
    struct job j = { .kern = ex->kern, .w = w, .mm = mm };
    if (mm->m == 0)
        return RS_OK;
    const size_t rows = rs_cut_rows(mm->m, ROWS, ex->kern->gemm_mr);
    if (!mm->geglu) {
        j.cut = rs_cut_make(mm->m, rows, w->n, w->nr);
        rs_par_for(ex->pool, rs_cut_pieces(&j.cut), piece, &j);
        return RS_OK;
    }
    RS_BUG_IF(mm->res);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = rs_geglu_begin(ex, &j.geglu, mm->m, rows, w->n, w->nr, mm->y, err);
    if (s == RS_OK)
        rs_par_for(ex->pool, rs_cut_pieces(&j.geglu.cut), geglu_piece, &j);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
