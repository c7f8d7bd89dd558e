/* A strip is 8 rows of the output. The pixels under it become bytes with one scale,
 * which is what lets the sum over the taps stay an integer, and lie with a margin of
 * zero points in a picture of their own:
 *
 *     strip: [(rows - 1) * stride + kernel, (width - 1) * stride + kernel, step]
 *
 * There the patch under an output pixel is `kernel` runs of kernel * step bytes, a
 * row of the strip apart, so the product reads patches where they are: no gathering,
 * and bytes that stay in the cache for all nine taps. Rows at the seams of strips are
 * turned to bytes twice, a quarter more of a cheap pass for a scale close to its
 * pixels. */
#include "tensor/op_conv_i8.h"

#include <math.h>
#include <string.h>

#include "tensor/cut.h"

#define STRIP 8
#define PIECE_PIXELS 128 /* output pixels of a piece: their patches stay in L2 */

struct job {
    const rs_kern *kern;
    const rs_tensor *dst, *src;
    const rs_conv_weights *w;
    const rs_conv_args *args;
    bool wrap;
    size_t strips;        /* of a picture */
    size_t bw, bh;        /* pixels of a strip's picture */
    size_t size;          /* bytes of an element */
    size_t strip_bytes;
    uint8_t *bytes;
    float *scale;         /* of each output pixel */
    uint8_t *zero;
    int sub;              /* output rows of a piece */
    rs_cut cut;           /* a "row" is `sub` rows of pixels */
};

/* Output rows y0 to y1 of picture pic. */
struct place {
    int pic, y0, y1;
};

static struct place strip_place(const struct job *j, size_t strip)
{
    const int y0 = (int)(strip % j->strips) * STRIP;
    return (struct place){ .pic = (int)(strip / j->strips), .y0 = y0,
                           .y1 = y0 + STRIP < j->dst->h ? y0 + STRIP : j->dst->h };
}

/* First row of the source under the strip; may be -pad. */
static int first_row(const struct job *j, struct place p)
{
    return p.y0 * j->args->stride - j->args->pad;
}

/* Pixels of a source row that the strip has room for. */
static size_t used_width(const struct job *j)
{
    const size_t room = j->bw - (size_t)j->args->pad, w = (size_t)j->src->w;
    return w < room ? w : room;
}

static const float *source_row(const struct job *j, struct place p, int y)
{
    const rs_tensor *s = j->src;
    if (j->wrap && y < s->h + j->args->pad)
        y = (y + s->h) % s->h;
    return y < 0 || y >= s->h ? NULL
           : s->data + ((size_t)p.pic * (size_t)s->h + (size_t)y) * (size_t)s->w * (size_t)s->c;
}

static rs_i8_map strip_map(const struct job *j, struct place p)
{
    float least = 0, most = 0;
    for (size_t r = 0; r < j->bh; r++) {
        const float *row = source_row(j, p, first_row(j, p) + (int)r);
        float lo = 0, hi = 0;
        if (row)
            j->kern->range(&lo, &hi, row, used_width(j) * (size_t)j->src->c);
        if (isnan(lo))
            return rs_i8_map_of(lo, hi);
        least = fminf(lo, least);
        most = fmaxf(hi, most);
    }
    return rs_i8_map_of(least, most);
}

static void fill(const struct job *j, uint8_t *to, size_t pixels, uint8_t value)
{
    const size_t n = pixels * j->w->i8.step;
    if (j->size == 1)
        memset(to, value, n);
    else
        for (size_t i = 0; i < n; i++)
            ((int16_t *)(void *)to)[i] = value;
}

/* The first `used` pixels of a row. */
static void fill_pixels(const struct job *j, const rs_i8_map *map, const float *row, size_t used,
                        uint8_t *to)
{
    const size_t c = (size_t)j->src->c, step = j->w->i8.step, pixel = step * j->size;
    if (step == c) {
        rs_i8_bytes(j->kern, map, to, row, used * c);
        return;
    }
    for (size_t x = 0; x < used; x++) {
        fill(j, to + x * pixel, 1, map->zero);
        rs_i8_bytes(j->kern, map, to + x * pixel, row + x * c, c);
    }
}

static void fill_row(const struct job *j, const rs_i8_map *map, const float *row, uint8_t *to)
{
    const size_t c = (size_t)j->src->c, pixel = j->w->i8.step * j->size, w = (size_t)j->src->w;
    const size_t left = (size_t)j->args->pad, used = used_width(j), right = j->bw - left - used;
    if (!row) {
        fill(j, to, j->bw, map->zero);
        return;
    }
    fill_pixels(j, map, row, used, to + left * pixel);
    if (j->wrap) { /* no more than pad of them: what lies to the right is the row's beginning */
        fill_pixels(j, map, row + (w - left) * c, left, to);
        fill_pixels(j, map, row, right, to + (left + used) * pixel);
    } else {
        fill(j, to, left, map->zero);
        fill(j, to + (left + used) * pixel, right, map->zero);
    }
}

static void strip_piece(void *arg, size_t strip, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const struct place p = strip_place(j, strip);
    const rs_i8_map map = strip_map(j, p);
    uint8_t *to = j->bytes + strip * j->strip_bytes;
    for (size_t r = 0; r < j->bh; r++)
        fill_row(j, &map, source_row(j, p, first_row(j, p) + (int)r),
                 to + r * j->bw * j->w->i8.step * j->size);
    const size_t w = (size_t)j->dst->w, first = ((size_t)p.pic * (size_t)j->dst->h + (size_t)p.y0) * w;
    for (size_t i = first; i < first + (size_t)(p.y1 - p.y0) * w; i++) {
        j->scale[i] = map.scale;
        j->zero[i] = map.zero;
    }
}

static void product_piece(void *arg, size_t index, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const rs_packed_i8 *w = &j->w->i8;
    const rs_cut_piece cut = rs_cut_at(&j->cut, index);
    const size_t subs = STRIP / (size_t)j->sub, block = cut.r0, strip = block / subs;
    const struct place p = strip_place(j, strip);
    const int y0 = p.y0 + (int)(block % subs) * j->sub, y1 = y0 + j->sub < p.y1 ? y0 + j->sub : p.y1;
    if (y0 >= y1)
        return;
    const size_t stride = (size_t)j->args->stride, width = (size_t)j->dst->w;
    const size_t first = ((size_t)p.pic * (size_t)j->dst->h + (size_t)y0) * width, row = j->bw * w->step;
    const rs_i8_rows rows = {
        .data = j->bytes + strip * j->strip_bytes + (size_t)(y0 - p.y0) * stride * row * j->size,
        .ld = stride * w->step, .run = width, .ld_run = stride * row, .ld_seg = row,
        .segs = (size_t)j->w->kernel, .scale = j->scale + first, .zero = j->zero + first };
    rs_packed_i8_piece(j->kern, w, &rows, &(rs_matmul){
        .m = (size_t)(y1 - y0) * width, .bias = j->args->bias,
        .res = j->args->res ? j->args->res->data + first * w->n : NULL },
        &(rs_cut_piece){ 0, (size_t)(y1 - y0) * width, cut.c0, cut.c1 },
        j->dst->data + first * w->n + cut.c0, w->n);
}

/* Output rows of a piece: a power of two, at most a strip. */
static int piece_rows(int width)
{
    int rows = 1;
    while (2 * rows <= STRIP && 2 * rows * width <= PIECE_PIXELS)
        rows *= 2;
    return rows;
}

static rs_status run(const rs_exec *ex, struct job *j, rs_err *err)
{
    const size_t strips = (size_t)j->dst->n * j->strips, pixels = rs_tensor_rows(j->dst);
    size_t bytes;
    if (!rs_mul_size(j->bw * j->bh, j->w->i8.step * j->size, &j->strip_bytes) ||
        !rs_mul_size(j->strip_bytes, strips, &bytes))
        return RS_FAIL(err, RS_E_RANGE, "a picture of %dx%d is too large", j->src->w, j->src->h);
    j->bytes = rs_arena_alloc(ex->scratch, bytes);
    j->scale = rs_arena_alloc(ex->scratch, pixels * sizeof(float));
    j->zero = rs_arena_alloc(ex->scratch, pixels);
    if (!j->bytes || !j->scale || !j->zero)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a convolution of %d to %d channels", j->w->c_in,
                       j->w->c_out);
    rs_par_for(ex->pool, strips, strip_piece, j);
    const size_t blocks = strips * (STRIP / (size_t)j->sub);
    j->cut = rs_cut_make(blocks, 1, j->w->i8.n, j->w->i8.nr);
    rs_par_for(ex->pool, rs_cut_pieces(&j->cut), product_piece, j);
    return RS_OK;
}

rs_status rs_op_conv_i8(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src,
                        const rs_conv_weights *w, const rs_conv_args *args, rs_err *err)
{
    struct job j = { .kern = ex->kern, .dst = dst, .src = src, .w = w, .args = args,
                     .wrap = ex->wrap && args->pad > 0,
                     .strips = rs_div_up((size_t)dst->h, STRIP), .size = rs_i8_elem(ex->kern),
                     .bw = (size_t)((dst->w - 1) * args->stride + w->kernel),
                     .bh = (size_t)((STRIP - 1) * args->stride + w->kernel), .sub = piece_rows(dst->w) };
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = run(ex, &j, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
