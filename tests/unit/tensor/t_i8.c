/* Products and convolutions in 8 bits against their definition, computed here value by
 * value: bytes of both sides, an exact sum, three roundings. All tiers and any number
 * of threads give the same bytes; and the result is near that of floats. */
#include "base/mem.h"
#include "tensor/op_conv.h"
#include "tests/lib/test.h"

#include <stdint.h>

static rs_err err;
static uint32_t rng_state;

/* A sum of three: values far out are rare, as in a network. */
static float rnd(void)
{
    float sum = 0;
    for (int i = 0; i < 3; i++) {
        rng_state = rng_state * 1664525u + 1013904223u;
        sum += (float)(rng_state >> 8) / 8388608.0f - 1.0f;
    }
    return sum;
}

static float *floats(rs_arena *a, size_t n)
{
    float *p = rs_arena_alloc(a, n * sizeof(float));
    CHECK(p);
    for (size_t i = 0; i < n; i++)
        p[i] = rnd();
    return p;
}

struct conv_case {
    int n, h, w, c_in, c_out, kernel, stride, pad, oh, ow;
    int res; /* 0 none, 1 another tensor, 2 dst itself */
};

static const struct conv_case cases[] = {
    { 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 0 },
    { 2, 5, 7, 4, 18, 3, 1, 1, 5, 7, 0 },
    { 1, 9, 6, 16, 16, 3, 1, 1, 9, 6, 1 },      /* two strips, the second of one row */
    { 2, 8, 8, 17, 33, 3, 1, 1, 8, 8, 2 },      /* channels padded */
    { 1, 3, 2, 24, 300, 3, 1, 1, 3, 2, 1 },
    { 2, 37, 41, 12, 16, 3, 1, 1, 37, 41, 0 },  /* pieces of two rows */
    { 1, 3, 150, 5, 40, 3, 1, 1, 3, 150, 2 },   /* of one */
    { 2, 8, 10, 20, 24, 3, 2, 1, 4, 5, 0 },     /* the unet's down sampler */
    { 1, 37, 7, 20, 24, 3, 2, 1, 19, 4, 1 },
    { 1, 8, 6, 12, 12, 3, 2, 0, 4, 3, 0 },      /* the autoencoder's: zeros below and right */
    { 2, 4, 5, 19, 8, 1, 1, 0, 4, 5, 2 },       /* a product: a scale for each pixel */
    { 1, 30, 10, 330, 70, 1, 1, 0, 30, 10, 1 },
    { 1, 1, 7, 1285, 10, 1, 1, 0, 1, 7, 0 },
};

/* lo, hi of a row of the source, columns x0 to x1 */
static void widen(const rs_tensor *x, int n, int y, int x0, int x1, float *lo, float *hi)
{
    if (y < 0 || y >= x->h)
        return;
    const float *row = x->data + ((size_t)n * (size_t)x->h + (size_t)y) * (size_t)x->w * (size_t)x->c;
    for (int i = x0 * x->c; i < (x1 < x->w ? x1 : x->w) * x->c; i++) {
        *lo = fminf(*lo, row[i]);
        *hi = fmaxf(*hi, row[i]);
    }
}

/* The map of output pixel (oy, ox): of its strip of 8 rows, or its own. */
static rs_i8_map map_of(const struct conv_case *c, const rs_tensor *x, int n, int oy, int ox)
{
    float lo = 0, hi = 0;
    if (c->kernel == 1) {
        widen(x, n, oy, ox, ox + 1, &lo, &hi);
        return rs_i8_map_of(lo, hi);
    }
    const int y0 = oy / 8 * 8 * c->stride - c->pad;
    for (int y = y0; y < y0 + 7 * c->stride + c->kernel; y++)
        widen(x, n, y, 0, (c->ow - 1) * c->stride + c->kernel - c->pad, &lo, &hi);
    return rs_i8_map_of(lo, hi);
}

static float byte_of(const rs_i8_map *m, float x)
{
    return fminf(fmaxf(rintf(x * m->inv) + m->zero, 0), 255) - m->zero;
}

struct sums {
    double error, size; /* squares, against floats */
};

static void check_pixel(const struct conv_case *c, const rs_tensor *x, const float *w, const float *y,
                        const float *start, const int at[3], struct sums *sums)
{
    const int k = c->kernel;
    const rs_i8_map map = map_of(c, x, at[0], at[1], at[2]);
    for (int o = 0; o < c->c_out; o++) {
        const float *filter = w + o * c->c_in * k * k;
        float most = 0;
        for (int i = 0; i < c->c_in * k * k; i++)
            most = fmaxf(most, fabsf(filter[i]));
        double sum = 0, exact = 0;
        for (int t = 0; t < k * k; t++) {
            const int sy = at[1] * c->stride - c->pad + t / k, sx = at[2] * c->stride - c->pad + t % k;
            if (sy < 0 || sx < 0 || sy >= x->h || sx >= x->w)
                continue;
            const float *pixel = x->data + (((size_t)at[0] * (size_t)x->h + (size_t)sy) * (size_t)x->w +
                                            (size_t)sx) * (size_t)x->c;
            for (int i = 0; i < c->c_in; i++) {
                const float f = filter[i * k * k + t];
                sum += (double)byte_of(&map, pixel[i]) * (double)rintf(f * (127.0f / most));
                exact += (double)pixel[i] * (double)f;
            }
        }
        const double want = sum * (double)(most / 127.0f) * (double)map.scale + (double)start[o];
        CHECK_NEAR(y[o], want, 1e-6 * (fabs(want) + fabs((double)start[o]) + 1e-3));
        sums->error += pow((double)y[o] - (double)start[o] - exact, 2);
        sums->size += exact * exact;
    }
}

static void conv_case(const struct conv_case *c, rs_cpu_tier tier, int threads, float *keep)
{
    rs_exec ex = { .kern = rs_kern_get(tier), .scratch = rs_arena_open(1 << 16) };
    rs_arena *a = rs_arena_open(1 << 16);
    CHECK_OK(rs_pool_open(threads, &ex.pool, &err));
    rng_state = 12345;
    rs_tensor x = { c->n, c->h, c->w, c->c_in, NULL }, y = { c->n, c->oh, c->ow, c->c_out, NULL };
    const size_t count = rs_tensor_count(&y), k = (size_t)(c->kernel * c->kernel);
    x.data = floats(a, rs_tensor_count(&x));
    y.data = floats(a, count);
    float *w = floats(a, (size_t)(c->c_out * c->c_in) * k), *start = floats(a, count);
    const float *b = floats(a, (size_t)c->c_out);
    rs_tensor res = y;
    if (c->res == 1)
        res.data = floats(a, count);
    for (size_t i = 0; i < count; i++)
        start[i] = b[i % (size_t)c->c_out] + (c->res ? res.data[i] : 0);

    const rs_packed_source oihw = { w, RS_ELEM_F32, (size_t)c->c_out, (size_t)c->c_in, k };
    rs_conv_weights packed = { .c_in = c->c_in, .c_out = c->c_out, .kernel = c->kernel, .bytes = true };
    CHECK_OK(rs_packed_i8_make(&ex, a, &oihw, &packed.i8, &err));
    const rs_conv_args args = { .stride = c->stride, .pad = c->pad, .bias = b, .res = c->res ? &res : NULL };
    CHECK_OK(rs_op_conv(&ex, &y, &x, &packed, &args, &err));
    CHECK_INT(rs_arena_used(ex.scratch), 0);
    if (keep[0] == 0) {
        struct sums sums = { 0 };
        for (size_t i = 0; i < rs_tensor_rows(&y); i++) {
            const int p = (int)i, at[3] = { p / (c->oh * c->ow), p / c->ow % c->oh, p % c->ow };
            check_pixel(c, &x, w, y.data + i * (size_t)c->c_out, start + i * (size_t)c->c_out, at, &sums);
        }
        /* a step of 1/255 of the range and one of 1/127, each off by its 1/sqrt(12) */
        if (sqrt(sums.error / sums.size) > 0.015)
            TEST_FAIL("relative error %.3g", sqrt(sums.error / sums.size));
        memcpy(keep, y.data, count * sizeof(float));
    }
    CHECK(memcmp(keep, y.data, count * sizeof(float)) == 0);
    rs_pool_close(&ex.pool);
    rs_arena_close(&ex.scratch);
    rs_arena_close(&a);
}

static void convolutions(void)
{
    static float keep[100000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keep[0] = 0;
        for (rs_cpu_tier tier = RS_CPU_SCALAR; tier < RS_CPU_TIERS; tier++)
            if (rs_cpu_has(tier)) {
                conv_case(&cases[i], tier, 1, keep);
                conv_case(&cases[i], tier, 3, keep);
            }
    }
}

/* A row or a column that is not finite must not turn into numbers: the picture could
 * no longer be refused. Ranges of nearly nothing are zeros. */
static void odd_values(void)
{
    rs_exec ex = { .kern = rs_kern_active(), .scratch = rs_arena_open(1 << 16) };
    rs_arena *a = rs_arena_open(1 << 16);
    enum { M = 4, K = 9, N = 3 };
    float y[M * N], *x = floats(a, M * K), *w = floats(a, N * K);
    CHECK_OK(rs_pool_open(1, &ex.pool, &err));
    x[0 * K + 8] = NAN;
    x[1 * K + 2] = -INFINITY;
    for (int i = 0; i < K; i++)
        x[2 * K + i] = 1e-39f;
    w[1 * K + 4] = INFINITY;
    rs_packed_i8 packed;
    CHECK_OK(rs_packed_i8_make(&ex, a, &(rs_packed_source){ w, RS_ELEM_F32, N, K, 1 }, &packed, &err));
    CHECK_OK(rs_packed_i8_matmul(&ex, &packed, &(rs_matmul){ .m = M, .x = x, .ldx = K, .y = y }, &err));
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            CHECK(isfinite(y[i * N + j]) == (i >= 2 && j != 1));
    CHECK_NEAR(y[2 * N], 0, 0);
    CHECK_OK(rs_packed_i8_matmul(&ex, &packed, &(rs_matmul){ .m = 0, .x = x, .ldx = K, .y = y }, &err));

    rs_packed_source large = { w, RS_ELEM_F32, 1, 70000, 1 }; /* sums above 2^31 */
    CHECK_INT(rs_packed_i8_make(&ex, a, &large, &packed, &err), RS_E_RANGE);
    rs_pool_close(&ex.pool);
    rs_arena_close(&ex.scratch);
    rs_arena_close(&a);
}

int main(void)
{
    TEST_RUN(convolutions);
    TEST_RUN(odd_values);
    return 0;
}
