/* Plain loops, which the compiler vectorises: beside the convolutions they take
 * a few percent of the time. One piece is one row of pixels. */
#include "tensor/op_pixels.h"

struct job {
    const rs_tensor *dst, *a, *b;
    const float *slope;
    float scale;
};

static void leaky_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t w = (size_t)j->dst->w, c = (size_t)j->dst->c;
    float *v = j->dst->data + i * w * c;
    for (size_t x = 0; x < w; x++, v += c)
        for (size_t k = 0; k < c; k++)
            v[k] = v[k] > 0 ? v[k] : v[k] * j->slope[k];
}

static size_t n_rows(const rs_tensor *t)
{
    return (size_t)t->n * (size_t)t->h;
}

void rs_op_leaky(const rs_exec *ex, const rs_tensor *x, const float *slope)
{
    struct job j = { .dst = x, .slope = slope };
    rs_par_for(ex->pool, n_rows(x), leaky_piece, &j);
}

static void scale_add_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t n = (size_t)j->dst->w * (size_t)j->dst->c, at = i * n;
    for (size_t k = at; k < at + n; k++)
        j->dst->data[k] = j->scale * j->a->data[k] + j->b->data[k];
}

void rs_op_scale_add(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *a, float scale,
                     const rs_tensor *b)
{
    RS_BUG_IF(!rs_tensor_same_shape(dst, a) || !rs_tensor_same_shape(dst, b));
    struct job j = { .dst = dst, .a = a, .b = b, .scale = scale };
    rs_par_for(ex->pool, n_rows(dst), scale_add_piece, &j);
}

/* The place of channel k of pixel (y, x) of the larger picture in the smaller one. */
static size_t small_at(const rs_tensor *large, const rs_tensor *small, size_t row, size_t x, size_t k)
{
    const size_t f = (size_t)(large->w / small->w), h = (size_t)large->h, n = row / h, y = row % h;
    const size_t pixel = (n * (size_t)small->h + y / f) * (size_t)small->w + x / f;
    return pixel * (size_t)small->c + k * f * f + y % f * f + x % f;
}

static void shuffle_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t w = (size_t)j->dst->w, c = (size_t)j->dst->c;
    for (size_t x = 0; x < w; x++)
        for (size_t k = 0; k < c; k++)
            j->dst->data[(i * w + x) * c + k] = j->a->data[small_at(j->dst, j->a, i, x, k)];
}

static void unshuffle_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t w = (size_t)j->a->w, c = (size_t)j->a->c;
    for (size_t x = 0; x < w; x++)
        for (size_t k = 0; k < c; k++)
            j->dst->data[small_at(j->a, j->dst, i, x, k)] = j->a->data[(i * w + x) * c + k];
}

static void check_factor(const rs_tensor *large, const rs_tensor *small)
{
    const int f = large->w / small->w;
    RS_BUG_IF(large->n != small->n || f < 1 || large->w != small->w * f || large->h != small->h * f ||
              small->c != large->c * f * f);
}

void rs_op_pixel_shuffle(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    check_factor(dst, src);
    struct job j = { .dst = dst, .a = src };
    rs_par_for(ex->pool, n_rows(dst), shuffle_piece, &j);
}

void rs_op_pixel_unshuffle(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src)
{
    check_factor(src, dst);
    struct job j = { .dst = dst, .a = src };
    rs_par_for(ex->pool, n_rows(src), unshuffle_piece, &j);
}
