/* Dense float32 tensors, channels last.
 *
 * One layout for the whole network: [n, h, w, c] row-major, so the pixels of a
 * picture are rows of an [n*h*w, c] matrix. Linear layers, 1x1 convolutions and
 * attention projections are then plain matrix products, and nothing is ever
 * transposed between layers. Token sequences are [n, 1, tokens, c].
 *
 * A tensor is a view: it owns nothing and is passed by value or const pointer. */
#ifndef RS_TENSOR_TENSOR_H
#define RS_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct rs_tensor {
    int n, h, w, c;
    float *data;
} rs_tensor;

/* Uninitialised (NaN-filled in debug builds) memory of the arena. Fails on
 * sizes below 1, on overflow and when out of memory. */
rs_status rs_tensor_alloc(rs_arena *arena, int n, int h, int w, int c, rs_tensor *out, rs_err *err);

static inline size_t rs_tensor_rows(const rs_tensor *t)
{
    return (size_t)t->n * (size_t)t->h * (size_t)t->w;
}

static inline size_t rs_tensor_count(const rs_tensor *t)
{
    return rs_tensor_rows(t) * (size_t)t->c;
}

static inline double rs_tensor_bytes(const rs_tensor *t)
{
    return (double)rs_tensor_count(t) * sizeof(float);
}

static inline bool rs_tensor_same_shape(const rs_tensor *a, const rs_tensor *b)
{
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

/* Picture i of the batch, as a view. */
static inline rs_tensor rs_tensor_item(const rs_tensor *t, int i)
{
    rs_tensor v = *t;
    v.n = 1;
    v.data += (size_t)i * (size_t)t->h * (size_t)t->w * (size_t)t->c;
    return v;
}

/* False when any value is NaN or infinite. */
bool rs_tensor_is_finite(const rs_tensor *t);

/* Planar [n, c, h, w] memory to and from the tensor, for weights files, noise
 * and reference data, which use torch's order. */
void rs_tensor_from_planar(const rs_tensor *dst, const float *src);
void rs_tensor_to_planar(float *dst, const rs_tensor *src);

#endif
