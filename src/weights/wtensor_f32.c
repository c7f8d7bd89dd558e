/* Tensors as floats: in place where the file allows it, else converted. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "kernel/kern.h"
#include "weights/weights.h"

#define CHUNK 4096
#define PIECE ((size_t)64 * CHUNK) /* values that one thread checks at a time */

/* Drops leading and trailing ones: they change no element's place. */
static void trim_ones(const int64_t **shape, int *rank)
{
    while (*rank && (*shape)[*rank - 1] == 1)
        --*rank;
    while (*rank && (*shape)[0] == 1) {
        ++*shape;
        --*rank;
    }
}

static bool shapes_agree(const rs_wtensor *t, const int64_t *want, int n_want)
{
    const int64_t *have = t->shape;
    int n_have = t->rank;
    trim_ones(&have, &n_have);
    trim_ones(&want, &n_want);
    return n_have == n_want && memcmp(have, want, (size_t)n_have * sizeof(*have)) == 0;
}

/* True when one of 64 values is NaN or infinite: all exponent bits set. The
 * fixed count lets the compiler use vectors. */
static bool block_not_finite(const float *v)
{
    uint32_t bits[64], hit = 0;
    memcpy(bits, v, sizeof(bits));
    for (int k = 0; k < 64; k++)
        hit |= (bits[k] & 0x7f800000u) == 0x7f800000u;
    return hit != 0;
}

/* Index of the first value that is NaN or infinite, or n. */
static size_t first_not_finite(const float *v, size_t n)
{
    size_t i = 0;
    while (n - i >= 64 && !block_not_finite(v + i))
        i += 64;
    while (i < n && isfinite(v[i])) /* the rest, or the block that was hit */
        i++;
    return i;
}

/* The same of 64 halves, without converting them: a half's infinity is a float's. */
static bool block_not_finite_16(const uint8_t *src, uint16_t exponent)
{
    uint16_t bits[64], hit = 0;
    memcpy(bits, src, sizeof(bits));
    for (int k = 0; k < 64; k++)
        hit |= (bits[k] & exponent) == exponent;
    return hit != 0;
}

static bool halves_are_finite(const uint8_t *src, size_t n, uint16_t exponent)
{
    for (; n >= 64; src += 128, n -= 64)
        if (block_not_finite_16(src, exponent))
            return false;
    uint8_t rest[128] = { 0 };
    memcpy(rest, src, 2 * n);
    return !block_not_finite_16(rest, exponent);
}

/* The index in the tensor's own shape, as "[1, 0, 7]". */
static const char *index_text(const rs_wtensor *t, size_t i, char *buf, size_t size)
{
    int64_t at[RS_MAX_RANK] = { 0 };
    for (int d = t->rank - 1; d >= 0; d--) {
        at[d] = (int64_t)(i % (size_t)t->shape[d]);
        i /= (size_t)t->shape[d];
    }
    return rs_shape_text(at, t->rank, buf, size);
}

/* Data in a file has no alignment: 16-bit values go through an aligned buffer. */
static void convert_16(float *dst, const uint8_t *src, size_t n,
                       void (*convert)(float *, const uint16_t *, size_t))
{
    uint16_t buf[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t m = n - i < CHUNK ? n - i : CHUNK;
        memcpy(buf, src + 2 * i, 2 * m);
        convert(dst + i, buf, m);
    }
}

static void convert_f64(float *dst, const uint8_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double v;
        memcpy(&v, src + 8 * i, sizeof(v));
        dst[i] = (float)v;
    }
}

/* n values from the first-th on. */
static void convert(const rs_kern *k, float *dst, const rs_wtensor *t, size_t first, size_t n)
{
    const uint8_t *src = t->data + first * rs_dtype_size(t->dtype);
    switch (t->dtype) {
    case RS_DTYPE_F16: convert_16(dst, src, n, k->f16_to_f32); break;
    case RS_DTYPE_BF16: convert_16(dst, src, n, k->bf16_to_f32); break;
    case RS_DTYPE_F64: convert_f64(dst, src, n); break;
    default: memcpy(dst, src, n * sizeof(*dst)); break;
    }
}

rs_status rs_wtensor_check(const rs_wtensor *t, int rank, const int64_t *want, rs_err *err)
{
    if (!t)
        return RS_FAIL(err, RS_E_NOTFOUND, "a tensor is missing");
    if (!shapes_agree(t, want, rank)) {
        char have[200], expected[200];
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': shape %s, expected %s", t->file,
                       t->name, rs_shape_text(t->shape, t->rank, have, sizeof(have)),
                       rs_shape_text(want, rank, expected, sizeof(expected)));
    }
    if (t->dtype > RS_DTYPE_F64)
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s': tensor '%.200s': dtype %s, expected F32, F16, BF16 or F64", t->file,
                       t->name, t->dtype_text);
    return RS_OK;
}

static rs_status not_finite(const rs_wtensor *t, size_t i, float value, rs_err *err)
{
    char at[200];
    return RS_FAIL(err, RS_E_CORRUPT, "'%s': tensor '%.200s': value %s is %s", t->file, t->name,
                   index_text(t, i, at, sizeof(at)), isnan(value) ? "NaN" : "infinite");
}

rs_status rs_wtensor_f32(rs_arena *arena, const rs_wtensor *t, int rank, const int64_t *want,
                         const float **out, rs_err *err)
{
    RS_TRY(rs_wtensor_check(t, rank, want, err));
    const float *values;
    if (t->dtype == RS_DTYPE_F32 && (uintptr_t)t->data % sizeof(float) == 0) {
        values = (const float *)(const void *)t->data;
    } else {
        size_t bytes;
        float *copy = NULL;
        if (rs_mul_size(t->count, sizeof(float), &bytes))
            copy = rs_arena_alloc(arena, bytes);
        if (!copy)
            return RS_FAIL(err, RS_E_NOMEM, "no memory for tensor '%.200s' of '%s'", t->name,
                           t->file);
        convert(rs_kern_active(), copy, t, 0, t->count);
        rs_wtensor_drop(t);
        values = copy;
    }
    const size_t bad = first_not_finite(values, t->count);
    if (bad < t->count)
        return not_finite(t, bad, values[bad], err);
    *out = values;
    return RS_OK;
}

void rs_wtensor_read(const rs_wtensor *t, size_t first, size_t n, float *dst)
{
    convert(rs_kern_active(), dst, t, first, n);
}

void rs_wtensor_drop(const rs_wtensor *t)
{
    if (!t->in_memory)
        rs_map_drop(t->data, t->bytes);
}

void rs_wtensor_drop_part(const rs_wtensor *t, size_t first, size_t n)
{
    const size_t size = t->count ? t->bytes / t->count : 0;
    if (!t->in_memory)
        rs_map_drop(t->data + first * size, n * size);
}

/* Index of the first of the values first..first + n that is no finite float, or first + n. */
static size_t first_bad(const rs_wtensor *t, size_t first, size_t n, float *value)
{
    const rs_kern *kern = rs_kern_active(); /* once: asking the processor takes microseconds */
    float part[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t m = n - i < CHUNK ? n - i : CHUNK;
        convert(kern, part, t, first + i, m);
        const size_t bad = first_not_finite(part, m);
        if (bad < m) {
            *value = part[bad];
            return first + i + bad;
        }
    }
    return first + n;
}

struct finite_job {
    const rs_wtensor *t;
    atomic_bool bad;
};

static void finite_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    struct finite_job *j = arg;
    const rs_wtensor *t = j->t;
    const size_t first = i * PIECE, n = t->count - first < PIECE ? t->count - first : PIECE;
    const uint8_t *halves = t->data + 2 * first;
    float value;
    if (t->dtype == RS_DTYPE_F16 ? !halves_are_finite(halves, n, 0x7c00)
        : t->dtype == RS_DTYPE_BF16 ? !halves_are_finite(halves, n, 0x7f80)
                                    : first_bad(t, first, n, &value) < first + n)
        atomic_store(&j->bad, true);
}

rs_status rs_wtensor_finite(const rs_wtensor *t, int rank, const int64_t *want, rs_pool *pool,
                            rs_err *err)
{
    RS_TRY(rs_wtensor_check(t, rank, want, err));
    struct finite_job j = { .t = t };
    rs_par_for(pool, t->count / PIECE + (t->count % PIECE != 0), finite_piece, &j);
    if (!j.bad)
        return RS_OK;
    float value = 0;
    const size_t bad = first_bad(t, 0, t->count, &value);
    return not_finite(t, bad, value, err);
}
