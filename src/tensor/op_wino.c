/* F(4x4, 3x3): 36 products of [tiles, c_in] x [c_in, c_out] replace the nine of a
 * direct convolution over 16 times as many pixels: 2.25 multiplications a value
 * instead of 9.
 *
 *     V[k][tile][c_in]  = transformed 6x6 input patches    (k = 0..35)
 *     M[k][tile][c_out] = V[k] U[k]
 *     4x4 outputs       = inverse transform of the 36 vectors of a tile
 *
 * Tiles are taken in blocks whose V and M together fit a shared cache; within a
 * block each of the three steps is spread over the threads. */
#include "tensor/op_wino.h"

#include <string.h>

#define BLOCK_BYTES ((size_t)12 << 20)
#define WIDE 256 /* products at least this wide are cut in two columns */

struct pack_job {
    const rs_exec *ex;
    const rs_packed_source *src;
    const rs_packed *w;
    float *to;
    float *rows; /* per worker: a panel of filters, [nr, c_in, 9] */
    size_t stride;
};

/* One panel: its filters as floats, then all of them channel by channel, so that
 * each plane is written in order. */
static void pack_panel(void *arg, size_t panel, int worker)
{
    const struct pack_job *j = arg;
    const size_t nr = j->w->nr, c = j->src->c, plane = rs_packed_count(j->w);
    float *rows = j->rows + (size_t)worker * j->stride;
    for (size_t o = 0; o < nr; o++)
        if (panel * nr + o < j->src->n)
            rs_packed_source_row(j->ex->kern, j->src, panel * nr + o, rows + o * c * 9);
        else
            memset(rows + o * c * 9, 0, c * 9 * sizeof(float));
    for (size_t i = 0; i < c; i++) {
        float *to = j->to + rs_packed_at(j->w, i, panel * nr);
        for (size_t o = 0; o < nr; o++)
            j->ex->kern->wino_weight(to + o, plane, rows + (o * c + i) * 9);
    }
}

rs_status rs_wino_pack(const rs_exec *ex, rs_arena *arena, const rs_packed_source *oihw, rs_packed *out,
                       rs_err *err)
{
    rs_packed w;
    struct pack_job j = { .ex = ex, .src = oihw, .w = &w };
    RS_TRY(rs_packed_alloc(ex, arena, oihw->n, oihw->c, 36, &j.to, &w, err));
    const size_t floats = w.nr * oihw->c * 9;
    j.stride = rs_exec_stride(floats);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    RS_TRY(rs_exec_worker_floats(ex, floats, &j.rows, err));
    rs_par_for(ex->pool, rs_packed_panels(&w), pack_panel, &j);
    rs_arena_rewind(ex->scratch, mark);
    *out = w;
    return RS_OK;
}

struct job {
    const rs_exec *ex;
    const rs_tensor *dst, *src, *res;
    const rs_conv_weights *w;
    const float *bias;
    size_t th, tw;        /* tiles a picture, down and across */
    size_t first, tiles;  /* the current block */
    size_t columns;       /* pieces a product is cut into */
    float *v, *m;
};

struct place {
    size_t pic;
    int y, x; /* first output pixel */
};

static struct place tile_place(const struct job *j, size_t tile)
{
    const size_t t = j->first + tile, in = t % (j->th * j->tw);
    return (struct place){ .pic = t / (j->th * j->tw), .y = (int)(in / j->tw) * 4,
                           .x = (int)(in % j->tw) * 4 };
}

static int clamp6(int v)
{
    return v < 0 ? 0 : v > 6 ? 6 : v;
}

static void input_piece(void *arg, size_t tile, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_tensor *s = j->src;
    const struct place p = tile_place(j, tile);
    const ptrdiff_t ld_pix = s->c, ld_row = (ptrdiff_t)s->w * s->c;
    const int py = p.y - 1, px = p.x - 1; /* the patch starts one pixel before */
    const float *base = s->data + (ptrdiff_t)p.pic * s->h * ld_row;
    j->ex->kern->wino_input(j->v + tile * (size_t)s->c, j->tiles * (size_t)s->c,
                            base + py * ld_row + px * ld_pix, ld_row, ld_pix, clamp6(-py),
                            clamp6(s->h - py), clamp6(-px), clamp6(s->w - px), (size_t)s->c);
}

static void product_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t k = i / j->columns, part = i % j->columns;
    const size_t ci = (size_t)j->w->c_in, co = (size_t)j->w->c_out;
    const rs_packed u = rs_packed_plane(&j->w->w, k);
    const size_t panels = rs_packed_panels(&u);
    rs_packed_piece(j->ex->kern, &u, &(rs_matmul){
        .m = j->tiles, .x = j->v + k * j->tiles * ci, .ldx = ci, .y = j->m + k * j->tiles * co },
        0, j->tiles, panels * part / j->columns, panels * (part + 1) / j->columns);
}

static void output_piece(void *arg, size_t tile, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_tensor *d = j->dst;
    const struct place p = tile_place(j, tile);
    const ptrdiff_t ld_pix = d->c, ld_row = (ptrdiff_t)d->w * d->c;
    const ptrdiff_t at = ((ptrdiff_t)p.pic * d->h + p.y) * ld_row + p.x * ld_pix;
    j->ex->kern->wino_output(d->data + at, ld_row, ld_pix, j->m + tile * (size_t)d->c,
                             j->tiles * (size_t)d->c, j->bias, j->res ? j->res->data + at : NULL,
                             d->h - p.y < 4 ? d->h - p.y : 4, d->w - p.x < 4 ? d->w - p.x : 4,
                             (size_t)d->c);
}

rs_status rs_op_wino(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    RS_BUG_IF(dst->h != src->h || dst->w != src->w || src->c != w->c_in || dst->c != w->c_out);
    struct job j = { .ex = ex, .dst = dst, .src = src, .res = args->res, .w = w, .bias = args->bias,
                     .th = ((size_t)dst->h + 3) / 4, .tw = ((size_t)dst->w + 3) / 4,
                     .columns = w->c_out >= WIDE ? 2 : 1 };
    const size_t total = (size_t)dst->n * j.th * j.tw, per_tile = 36 * (size_t)(w->c_in + w->c_out);
    size_t block = BLOCK_BYTES / sizeof(float) / per_tile;
    block = block < 16 ? 16 : block;
    block = block < total ? block : total;
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    j.v = rs_arena_alloc(ex->scratch, block * 36 * (size_t)w->c_in * sizeof(float));
    j.m = rs_arena_alloc(ex->scratch, block * 36 * (size_t)w->c_out * sizeof(float));
    if (!j.v || !j.m) {
        rs_arena_rewind(ex->scratch, mark);
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a convolution of %d to %d channels", w->c_in,
                       w->c_out);
    }
    for (; j.first < total; j.first += block) {
        j.tiles = total - j.first < block ? total - j.first : block;
        rs_par_for(ex->pool, j.tiles, input_piece, &j);
        rs_par_for(ex->pool, 36 * j.columns, product_piece, &j);
        rs_par_for(ex->pool, j.tiles, output_piece, &j);
    }
    rs_arena_rewind(ex->scratch, mark);
    return RS_OK;
}
