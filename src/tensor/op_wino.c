/* F(4x4, 3x3): 36 products of [tiles, c_in] x [c_in, c_out] replace the nine of a
 * direct convolution over 16 times as many pixels: 2.25 multiplications a value
 * instead of 9.
 *
 *     V[k][tile][c_in]  = transformed 6x6 input patches    (k = 0..35)
 *     M[k][tile][c_out] = V[k] U[k]
 *     4x4 outputs       = inverse transform of the 36 vectors of a tile
 *
 * Tiles are numbered by groups of 4x4, whose patches share most of their pixels,
 * and taken in blocks of whole groups, so many that transforming the weights anew
 * for each block costs little beside the products, and so few that V and M stay in
 * a shared cache. Within a block every step is spread over the threads:
 *
 *     input   a group, a block of input channels
 *     product a panel of output channels, a third of the 36 planes; for each block
 *             of input channels: U, into the second-level cache, and 12 products
 *     output  a group, a panel of output channels
 *
 * and the output of a block runs together with the input of the next. */
#include "tensor/op_wino.h"

#include <string.h>

#define BLOCK_BYTES ((size_t)12 << 20)
#define MIN_TILES ((size_t)64)
#define DEPTH ((size_t)320) /* input channels of a block, at most */
#define SIDE 4 /* of a group, in tiles */
#define PIXELS (4 * SIDE + 2) /* of a group's patch */
#define LINE ((size_t)16) /* floats that keep planes out of one another's cache sets */

struct span {
    size_t first, end; /* groups */
    size_t tiles;
};

struct job {
    const rs_exec *ex;
    const rs_tensor *dst, *src, *res;
    const rs_wino_weights *w;
    const rs_conv_args *args;
    size_t th, tw, gh, gw; /* tiles and groups of a picture, down and across */
    size_t depth, ins;     /* input channels of a block, blocks */
    size_t panels;         /* of output channels */
    size_t cap;            /* tiles of the largest span */
    size_t ld_v, ld_m, ld_u;
    struct span now, next;
    float *v; /* [36][ins][cap][depth] */
    float *m; /* [panels][36][cap][nr] */
    float *u; /* per worker: [12][depth][nr] */
    float *pixels; /* per worker: [PIXELS][PIXELS][depth], when the source is not read directly */
    size_t stride_u, stride_pixels;
};

/* A group's place: its first tile down and across, its size in tiles, and how many
 * tiles of all pictures lie before it. */
struct group {
    size_t pic, y, x, h, w, before;
};

static struct group group_at(const struct job *j, size_t i)
{
    const size_t in = i % (j->gh * j->gw);
    struct group g = { .pic = i / (j->gh * j->gw), .y = in / j->gw * SIDE, .x = in % j->gw * SIDE };
    g.h = rs_least(SIDE, j->th - g.y);
    g.w = rs_least(SIDE, j->tw - g.x);
    g.before = g.pic * j->th * j->tw + g.y * j->tw + g.h * g.x;
    return g;
}

static int clamp6(ptrdiff_t v)
{
    return v < 0 ? 0 : v > 6 ? 6 : (int)v;
}

/* A part of the source, c channels from c0 on, with the distances of its rows and
 * pixels; at: the pixel above and left of a group's first. */
struct view {
    const float *at;
    ptrdiff_t ld_row, ld_pix;
};

/* Pixels x0 to x1 of row y of a picture, normalised or enlarged; c channels from c0 on. */
static void prepare_run(const struct job *j, size_t pic, size_t y, size_t x0, size_t x1, size_t c0,
                        size_t c, float *to)
{
    const rs_tensor *s = j->src, *d = j->dst;
    const rs_channel_scale *norm = j->args->norm;
    const size_t ld = (size_t)s->c, sy = y * (size_t)s->h / (size_t)d->h;
    const float *from = s->data + ((pic * (size_t)s->h + sy) * (size_t)s->w) * ld + c0;
    if (norm)
        j->ex->kern->scale_shift(to, j->depth, from + x0 * ld, ld, norm->scale + pic * ld + c0,
                                 norm->shift + pic * ld + c0, x1 - x0, c, norm->silu);
    else
        for (size_t x = x0; x < x1; x++, to += j->depth)
            memcpy(to, from + x * (size_t)s->w / (size_t)d->w * ld, c * sizeof(float));
}

/* The group's pixels in the worker's own memory. With wrap there is one more on every
 * side of the picture: that of the opposite edge. */
static struct view prepare(const struct job *j, const struct group *g, size_t c0, size_t c, int worker)
{
    float *to = j->pixels + (size_t)worker * j->stride_pixels;
    const bool wrap = j->ex->wrap;
    const size_t row = PIXELS * j->depth, h = (size_t)j->dst->h, w = (size_t)j->dst->w;
    /* counted from the pixel above and left of the picture, whose number is 0 */
    const size_t y0 = g->y || wrap ? 4 * g->y : 1, y1 = rs_least(h + (wrap ? 2 : 1), 4 * (g->y + g->h) + 2);
    const size_t x0 = g->x || wrap ? 4 * g->x : 1, x1 = rs_least(w + (wrap ? 2 : 1), 4 * (g->x + g->w) + 2);
    for (size_t y = y0; y < y1; y++) {
        float *line = to + (y - 4 * g->y) * row;
        const size_t sy = (y + h - 1) % h, inside = rs_least(x1, w + 1);
        if (x0 == 0)
            prepare_run(j, g->pic, sy, w - 1, w, c0, c, line);
        const size_t first = x0 ? x0 : 1;
        if (first < inside)
            prepare_run(j, g->pic, sy, first - 1, inside - 1, c0, c, line + (first - 4 * g->x) * j->depth);
        if (x1 == w + 2)
            prepare_run(j, g->pic, sy, 0, 1, c0, c, line + (w + 1 - 4 * g->x) * j->depth);
    }
    return (struct view){ to, (ptrdiff_t)row, (ptrdiff_t)j->depth };
}

static struct view direct(const struct job *j, const struct group *g, size_t c0)
{
    const rs_tensor *s = j->src;
    const ptrdiff_t ld_pix = s->c, ld_row = (ptrdiff_t)s->w * s->c;
    const float *pic = s->data + (ptrdiff_t)g->pic * s->h * ld_row + (ptrdiff_t)c0;
    return (struct view){ pic + (4 * (ptrdiff_t)g->y - 1) * ld_row + (4 * (ptrdiff_t)g->x - 1) * ld_pix,
                          ld_row, ld_pix };
}

static void input_piece(const struct job *j, size_t i, int worker)
{
    const size_t block = i % j->ins, c0 = block * j->depth, c = rs_least(j->depth, j->w->c_in - c0);
    const struct group g = group_at(j, j->next.first + i / j->ins);
    const size_t tile = g.before - group_at(j, j->next.first).before;
    const int edge = j->ex->wrap ? 1 : 0; /* pixels beyond the picture */
    const struct view s = j->pixels ? prepare(j, &g, c0, c, worker) : direct(j, &g, c0);
    float *v = j->v + (block * j->cap + tile) * j->depth;
    for (size_t y = 0; y < g.h; y++)
        for (size_t x = 0; x < g.w; x++, v += j->depth) {
            const ptrdiff_t py = 4 * (ptrdiff_t)(g.y + y) - 1, px = 4 * (ptrdiff_t)(g.x + x) - 1;
            const float *patch = s.at + 4 * ((ptrdiff_t)y * s.ld_row + (ptrdiff_t)x * s.ld_pix);
            j->ex->kern->wino_input(v, j->ld_v, patch, s.ld_row, s.ld_pix, clamp6(-py - edge),
                                    clamp6(j->dst->h - py + edge), clamp6(-px - edge),
                                    clamp6(j->dst->w - px + edge), c);
        }
}

/* Twelve planes of a panel of output channels. */
static void product_piece(void *arg, size_t i, int worker)
{
    const struct job *j = arg;
    const int part = (int)(i % RS_WINO_PARTS);
    const size_t panel = i / RS_WINO_PARTS, nr = j->w->nr;
    float *u = j->u + (size_t)worker * j->stride_u;
    for (size_t block = 0; block < j->ins; block++) {
        const size_t c0 = block * j->depth, c = rs_least(j->depth, j->w->c_in - c0);
        rs_wino_transform(j->ex->kern, j->w, panel, c0, c, part, u, j->ld_u);
        for (size_t q = 0; q < RS_WINO_PLANES; q++) {
            const size_t plane = rs_wino_plane(part, q);
            float *m = j->m + (panel * 36 + plane) * j->ld_m;
            j->ex->kern->gemm(&(rs_gemm_block){
                .m = j->now.tiles, .n = nr, .k = c,
                .a = j->v + plane * j->ld_v + block * j->cap * j->depth, .lda = j->depth,
                .b = u + q * j->ld_u, .ldb = nr, .res = block ? m : NULL, .ldres = nr, .c = m, .ldc = nr });
        }
    }
}

static void output_piece(const struct job *j, size_t i)
{
    const rs_tensor *d = j->dst;
    const size_t panel = i % j->panels, nr = j->w->nr, c0 = panel * nr, c = rs_least(nr, j->w->c_out - c0);
    const struct group g = group_at(j, j->now.first + i / j->panels);
    const size_t tile = g.before - group_at(j, j->now.first).before;
    const ptrdiff_t ld_pix = d->c, ld_row = (ptrdiff_t)d->w * d->c;
    const float *m = j->m + panel * 36 * j->ld_m + tile * nr;
    for (size_t y = 4 * g.y; y < 4 * (g.y + g.h); y += 4)
        for (size_t x = 4 * g.x; x < 4 * (g.x + g.w); x += 4, m += nr) {
            const size_t at = ((g.pic * (size_t)d->h + y) * (size_t)d->w + x) * (size_t)d->c + c0;
            j->ex->kern->wino_output(d->data + at, ld_row, ld_pix, m, j->ld_m,
                                     j->args->bias ? j->args->bias + c0 : NULL,
                                     j->res ? j->res->data + at : NULL, (int)rs_least(4, (size_t)d->h - y),
                                     (int)rs_least(4, (size_t)d->w - x), c);
        }
}

/* The output of a span and the input of the next. */
static void edge_piece(void *arg, size_t i, int worker)
{
    const struct job *j = arg;
    const size_t outputs = (j->now.end - j->now.first) * j->panels;
    if (i < outputs)
        output_piece(j, i);
    else
        input_piece(j, i - outputs, worker);
}

/* Groups from `first` on, until they hold enough tiles. */
static struct span span_from(const struct job *j, size_t first, size_t enough)
{
    const size_t groups = (size_t)j->dst->n * j->gh * j->gw;
    struct span s = { first, first, 0 };
    while (s.end < groups && s.tiles < enough) {
        const struct group g = group_at(j, s.end++);
        s.tiles += g.h * g.w;
    }
    return s;
}

static rs_status take_memory(struct job *j, rs_err *err)
{
    const rs_exec *ex = j->ex;
    j->ld_v = j->ins * j->cap * j->depth + LINE;
    j->ld_m = j->cap * j->w->nr + LINE;
    j->ld_u = j->depth * j->w->nr + LINE;
    j->v = rs_arena_alloc(ex->scratch, 36 * j->ld_v * sizeof(float));
    j->m = rs_arena_alloc(ex->scratch, j->panels * 36 * j->ld_m * sizeof(float));
    if (!j->v || !j->m)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a convolution of %zu to %zu channels", j->w->c_in,
                       j->w->c_out);
    j->stride_u = rs_exec_stride(RS_WINO_PLANES * j->ld_u);
    RS_TRY(rs_exec_worker_floats(ex, RS_WINO_PLANES * j->ld_u, &j->u, err));
    if (!j->args->norm && !j->args->enlarge && !ex->wrap)
        return RS_OK;
    j->stride_pixels = rs_exec_stride(PIXELS * PIXELS * j->depth);
    return rs_exec_worker_floats(ex, PIXELS * PIXELS * j->depth, &j->pixels, err);
}

static rs_status run(struct job *j, rs_err *err)
{
    const rs_wino_weights *w = j->w;
    const size_t total = (size_t)j->dst->n * j->th * j->tw;
    size_t enough = BLOCK_BYTES / sizeof(float) / 36 / (w->c_in + w->c_out);
    enough = enough < MIN_TILES ? MIN_TILES : enough;
    enough = rs_div_up(total, rs_div_up(total, enough)); /* all blocks alike */
    j->cap = rs_least(enough - 1 + SIDE * SIDE, total);
    RS_TRY(take_memory(j, err));
    j->next = span_from(j, 0, enough);
    do {
        rs_par_for(j->ex->pool, (j->now.end - j->now.first) * j->panels +
                   (j->next.end - j->next.first) * j->ins, edge_piece, j);
        j->now = j->next;
        j->next = span_from(j, j->now.end, enough);
        rs_par_for(j->ex->pool, j->now.tiles ? j->panels * RS_WINO_PARTS : 0, product_piece, j);
    } while (j->now.tiles);
    return RS_OK;
}

rs_status rs_op_wino(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                     const rs_wino_weights *w, const rs_conv_args *args, rs_err *err)
{
    RS_BUG_IF((size_t)src->c != w->c_in || (size_t)dst->c != w->c_out);
    RS_BUG_IF(!args->enlarge && (dst->h != src->h || dst->w != src->w));
    struct job j = { .ex = ex, .dst = dst, .src = src, .res = args->res, .w = w, .args = args,
                     .th = rs_div_up((size_t)dst->h, 4), .tw = rs_div_up((size_t)dst->w, 4) };
    j.gh = rs_div_up(j.th, SIDE);
    j.gw = rs_div_up(j.tw, SIDE);
    j.ins = rs_div_up(w->c_in, DEPTH);
    j.depth = rs_div_up(w->c_in, j.ins);
    j.panels = rs_wino_panels(w);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = run(&j, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
