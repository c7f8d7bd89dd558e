#include "tensor/tensor.h"

#include <math.h>
#include <stdint.h>

#include "base/mem.h"

rs_status rs_tensor_alloc(rs_arena *arena, int n, int h, int w, int c, rs_tensor *out, rs_err *err)
{
    if (n < 1 || h < 1 || w < 1 || c < 1)
        return RS_FAIL(err, RS_E_RANGE, "tensor of shape [%d, %d, %d, %d]: sizes must be positive",
                       n, h, w, c);
    size_t count = (size_t)n, bytes;
    if (!rs_mul_size(count, (size_t)h, &count) || !rs_mul_size(count, (size_t)w, &count) ||
        !rs_mul_size(count, (size_t)c, &count) || !rs_mul_size(count, sizeof(float), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "tensor of shape [%d, %d, %d, %d] is too large", n, h, w, c);
    float *data = rs_arena_alloc(arena, bytes);
    if (!data)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a tensor of shape [%d, %d, %d, %d] (%zu MB)",
                       n, h, w, c, bytes >> 20);
#ifdef RS_DEBUG_FILL
    for (size_t i = 0; i < count; i++)
        data[i] = NAN; /* reading what was never written shows in every test */
#endif
    *out = (rs_tensor){ .n = n, .h = h, .w = w, .c = c, .data = data };
    return RS_OK;
}

bool rs_tensor_is_finite(const rs_tensor *t)
{
    const size_t count = rs_tensor_count(t);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(t->data[i]))
            return false;
    return true;
}

void rs_tensor_from_planar(const rs_tensor *dst, const float *src)
{
    const size_t hw = (size_t)dst->h * (size_t)dst->w, c = (size_t)dst->c;
    for (size_t n = 0; n < (size_t)dst->n; n++)
        for (size_t p = 0; p < hw; p++)
            for (size_t k = 0; k < c; k++)
                dst->data[(n * hw + p) * c + k] = src[(n * c + k) * hw + p];
}

void rs_tensor_to_planar(float *dst, const rs_tensor *src)
{
    const size_t hw = (size_t)src->h * (size_t)src->w, c = (size_t)src->c;
    for (size_t n = 0; n < (size_t)src->n; n++)
        for (size_t p = 0; p < hw; p++)
            for (size_t k = 0; k < c; k++)
                dst[(n * c + k) * hw + p] = src->data[(n * hw + p) * c + k];
}
