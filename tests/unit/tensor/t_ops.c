/* Every operation against a plain loop in double, over odd shapes, and the same
 * bytes for any number of threads. Tolerance 2e-5 absolute on values of order 1;
 * convolutions 2e-6 of the sum of the terms' magnitudes, as the transforms of
 * Winograd's F(4x4) lose three to four bits of single values. */
#include "base/mem.h"
#include "tensor/op_attention.h"
#include "tensor/op_conv.h"
#include "tensor/op_eltwise.h"
#include "tensor/op_norm.h"
#include "tensor/gemm.h"
#include "tensor/packed.h"
#include "tests/lib/test.h"

#include <stdint.h>

#define TOL 2e-5

static rs_err err;
static uint32_t rng_state;

static float rnd(void)
{
    rng_state = rng_state * 1664525u + 1013904223u;
    return (float)(rng_state >> 8) / 8388608.0f - 1.0f;
}

static void fill(float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = rnd();
}

struct env {
    rs_exec ex;
    rs_arena *a; /* data of the test */
};

static struct env open_env(int threads)
{
    struct env e = { .ex.kern = rs_kern_active(), .ex.scratch = rs_arena_open(1 << 16),
                     .a = rs_arena_open(1 << 16) };
    CHECK(e.ex.scratch && e.a);
    CHECK_OK(rs_pool_open(threads, &e.ex.pool, &err));
    rs_gemm_init();
    rng_state = 12345;
    return e;
}

static void close_env(struct env *e)
{
    CHECK_INT(rs_arena_used(e->ex.scratch), 0); /* every operation gave its scratch back */
    rs_pool_close(&e->ex.pool);
    rs_arena_close(&e->ex.scratch);
    rs_arena_close(&e->a);
}

static rs_tensor tensor(struct env *e, int n, int h, int w, int c)
{
    rs_tensor t;
    CHECK_OK(rs_tensor_alloc(e->a, n, h, w, c, &t, &err));
    fill(t.data, rs_tensor_count(&t));
    return t;
}

static float *floats(struct env *e, size_t n)
{
    float *p = rs_arena_alloc(e->a, n * sizeof(float));
    CHECK(p);
    fill(p, n);
    return p;
}

static float at(const rs_tensor *t, int n, int y, int x, int c)
{
    if (y < 0 || x < 0 || y >= t->h || x >= t->w)
        return 0.0f;
    return t->data[(((size_t)n * (size_t)t->h + (size_t)y) * (size_t)t->w + (size_t)x) * (size_t)t->c +
                   (size_t)c];
}

/* A source of n rows of c * taps values that a float holds as well, at an odd
 * address where the type allows it. */
static rs_packed_source source(struct env *e, rs_elem type, size_t n, size_t c, size_t taps, float *values)
{
    const size_t count = n * c * taps;
    uint8_t *data = (uint8_t *)floats(e, count + 1) + 1;
    uint16_t half;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        switch (type) {
        case RS_ELEM_F32:
            values[i] = rnd();
            memcpy(data + 4 * i, &values[i], 4);
            continue;
        case RS_ELEM_F16:
            half = (uint16_t)(i * 40503u % 0x3c00u + (i & 1) * 0x8000u); /* below 1, both signs */
            e->ex.kern->f16_to_f32(&values[i], &half, 1);
            break;
        default:
            values[i] = rnd();
            memcpy(&bits, &values[i], 4);
            half = (uint16_t)(bits >> 16);
            e->ex.kern->bf16_to_f32(&values[i], &half, 1);
            break;
        }
        memcpy(data + 2 * i, &half, 2);
    }
    return (rs_packed_source){ data, type, n, c, taps };
}

struct conv_case {
    int n, h, w, c_in, c_out, kernel, stride, pad, oh, ow;
    int res; /* 0 none, 1 another tensor, 2 dst itself */
    rs_elem type;
};

/* A source that is normalised or enlarged on its way in. */
struct conv_source {
    enum { AS_IS, NORM, ENLARGE } kind;
    int h, w; /* before it is enlarged */
};

static const struct conv_case conv_cases[] = {
    { 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 0, RS_ELEM_F32 },
    { 2, 5, 7, 4, 18, 3, 1, 1, 5, 7, 0, RS_ELEM_F32 },     /* patches: few channels */
    { 1, 9, 6, 16, 16, 3, 1, 1, 9, 6, 1, RS_ELEM_F32 },    /* winograd */
    { 2, 8, 8, 17, 33, 3, 1, 1, 8, 8, 2, RS_ELEM_F32 },
    { 1, 3, 2, 24, 300, 3, 1, 1, 3, 2, 1, RS_ELEM_F32 },   /* smaller than a tile, two columns */
    { 3, 37, 41, 32, 16, 3, 1, 1, 37, 41, 0, RS_ELEM_F32 },
    { 2, 8, 10, 20, 24, 3, 2, 1, 4, 5, 0, RS_ELEM_F32 },   /* the unet's down sampler */
    { 1, 9, 7, 20, 24, 3, 2, 1, 5, 4, 1, RS_ELEM_F32 },
    { 1, 8, 6, 12, 12, 3, 2, 0, 4, 3, 0, RS_ELEM_F32 },    /* the autoencoder's: zeros below and right */
    { 2, 4, 5, 19, 8, 1, 1, 0, 4, 5, 2, RS_ELEM_F32 },
    { 1, 5, 6, 330, 20, 3, 1, 1, 5, 6, 1, RS_ELEM_F16 },  /* winograd, two blocks of the depth */
    { 1, 7, 5, 70, 17, 3, 2, 1, 4, 3, 2, RS_ELEM_BF16 },  /* patches, two */
    { 1, 3, 4, 350, 9, 1, 1, 0, 3, 4, 2, RS_ELEM_F16 },
    { 2, 21, 18, 40, 3, 3, 1, 1, 21, 18, 0, RS_ELEM_F16 }, /* winograd, few outputs */
    { 2, 70, 66, 16, 5, 3, 1, 1, 70, 66, 0, RS_ELEM_BF16 }, /* several blocks of tiles, broken groups */
};

static const struct {
    struct conv_case conv;
    struct conv_source source;
} prepared_cases[] = {
    { { 2, 19, 37, 330, 20, 3, 1, 1, 19, 37, 1, RS_ELEM_F32 }, { NORM, 19, 37 } },
    { { 2, 5, 3, 7, 20, 3, 1, 1, 5, 3, 1, RS_ELEM_F32 }, { NORM, 5, 3 } },
    { { 1, 4, 6, 20, 7, 1, 1, 0, 4, 6, 0, RS_ELEM_F32 }, { NORM, 4, 6 } },
    { { 2, 36, 20, 24, 17, 3, 1, 1, 36, 20, 0, RS_ELEM_F16 }, { ENLARGE, 18, 10 } },
    { { 2, 9, 21, 17, 20, 3, 1, 1, 9, 21, 2, RS_ELEM_F32 }, { ENLARGE, 5, 11 } }, /* not a multiple */
    { { 1, 8, 5, 3, 9, 3, 1, 1, 8, 5, 0, RS_ELEM_F32 }, { ENLARGE, 4, 3 } },
};

/* What the convolution of c reads: x, or what becomes of it on its way in. */
static rs_tensor source_seen(struct env *e, const struct conv_case *c, const rs_tensor *x,
                             const rs_channel_scale *by)
{
    rs_tensor seen = tensor(e, c->n, c->h, c->w, c->c_in);
    for (int n = 0; n < c->n; n++)
        for (int y = 0; y < c->h; y++)
            for (int i = 0; i < c->w * c->c_in; i++) {
                const int ch = i % c->c_in, px = i / c->c_in;
                float *to = &seen.data[((n * c->h + y) * c->w + px) * c->c_in + ch];
                *to = at(x, n, y * x->h / c->h, px * x->w / c->w, ch);
                if (by) {
                    const double v = (double)*to * (double)by->scale[n * c->c_in + ch] +
                                     (double)by->shift[n * c->c_in + ch];
                    *to = (float)(by->silu ? v / (1 + exp(-v)) : v);
                }
            }
    return seen;
}

static void run_conv(const struct conv_case *c, const struct conv_source *from, int threads, float *keep)
{
    struct env e = open_env(threads);
    const rs_tensor whole = tensor(&e, c->n, from->h, from->w, c->c_in);
    const rs_channel_scale by = { floats(&e, (size_t)(c->n * c->c_in)), floats(&e, (size_t)(c->n * c->c_in)),
                                  c->kernel == 3 };
    const rs_channel_scale *norm = from->kind == NORM ? &by : NULL;
    const rs_tensor x = source_seen(&e, c, &whole, norm);
    const rs_tensor y = tensor(&e, c->n, c->oh, c->ow, c->c_out);
    const rs_tensor r = tensor(&e, c->n, c->oh, c->ow, c->c_out);
    rs_tensor res = r;
    if (c->res == 2) {
        memcpy(y.data, r.data, rs_tensor_count(&r) * sizeof(float));
        res = y;
    }
    const int k = c->kernel;
    float *w = floats(&e, (size_t)(c->c_out * c->c_in * k * k));
    const float *b = floats(&e, (size_t)c->c_out);
    rs_conv_weights packed;
    const rs_packed_source oihw = source(&e, c->type, (size_t)c->c_out, (size_t)c->c_in, (size_t)(k * k), w);
    CHECK_OK(rs_conv_pack(&e.ex, e.a, &oihw, k, c->stride == 1, RS_BITS_F32, &packed, &err));
    const rs_conv_args args = { .stride = c->stride, .pad = c->pad, .bias = b, .res = c->res ? &res : NULL,
                                .norm = norm, .enlarge = from->kind == ENLARGE };
    CHECK_OK(rs_op_conv(&e.ex, &y, &whole, &packed, &args, &err));
    for (int n = 0; n < c->n; n++)
        for (int oy = 0; oy < c->oh; oy++)
            for (int ox = 0; ox < c->ow; ox++)
                for (int o = 0; o < c->c_out; o++) {
                    double want = (double)b[o] + (c->res ? (double)at(&r, n, oy, ox, o) : 0.0);
                    double size = fabs(want);
                    for (int i = 0; i < c->c_in; i++)
                        for (int t = 0; t < k * k; t++) {
                            const double term = (double)w[(o * c->c_in + i) * k * k + t] *
                                                (double)at(&x, n, oy * c->stride - c->pad + t / k,
                                                           ox * c->stride - c->pad + t % k, i);
                            want += term;
                            size += fabs(term);
                        }
                    CHECK_NEAR(at(&y, n, oy, ox, o), want, 2e-6 * size);
                }
    const size_t bytes = rs_tensor_count(&y) * sizeof(float);
    if (threads == 1)
        memcpy(keep, y.data, bytes);
    else
        CHECK(memcmp(keep, y.data, bytes) == 0);
    close_env(&e);
}

static void convolutions(void)
{
    static float keep[100000];
    for (size_t i = 0; i < sizeof(conv_cases) / sizeof(conv_cases[0]); i++) {
        const struct conv_source same = { AS_IS, conv_cases[i].h, conv_cases[i].w };
        run_conv(&conv_cases[i], &same, 1, keep);
        run_conv(&conv_cases[i], &same, 3, keep);
    }
    for (size_t i = 0; i < sizeof(prepared_cases) / sizeof(prepared_cases[0]); i++) {
        run_conv(&prepared_cases[i].conv, &prepared_cases[i].source, 1, keep);
        run_conv(&prepared_cases[i].conv, &prepared_cases[i].source, 3, keep);
    }
}

static void attention_case(int n, int tq, int tk, int heads, int d, bool causal, int threads)
{
    struct env e = open_env(threads);
    const int c = heads * d;
    const rs_tensor q = tensor(&e, n, 1, tq, c), k = tensor(&e, n, 1, tk, c), v = tensor(&e, n, 1, tk, c);
    const rs_tensor out = tensor(&e, n, 1, tq, c);
    for (size_t i = 0; i < rs_tensor_count(&q); i++)
        q.data[i] *= 6.0f; /* sharp maxima */
    CHECK_OK(rs_op_attention(&e.ex, &out, &q, &k, &v, heads, causal, false, &err));
    double *p = rs_arena_alloc(e.a, (size_t)tk * sizeof(double));
    for (int b = 0; b < n; b++)
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < tq; i++) {
                const int seen = causal ? i + 1 : tk;
                double max = -1e300, sum = 0;
                for (int j = 0; j < seen; j++) {
                    p[j] = 0;
                    for (int x = 0; x < d; x++)
                        p[j] += (double)at(&q, b, 0, i, h * d + x) * (double)at(&k, b, 0, j, h * d + x);
                    p[j] /= sqrt((double)d);
                    max = p[j] > max ? p[j] : max;
                }
                for (int j = 0; j < seen; j++)
                    sum += p[j] = exp(p[j] - max);
                for (int x = 0; x < d; x++) {
                    double want = 0;
                    for (int j = 0; j < seen; j++)
                        want += p[j] / sum * (double)at(&v, b, 0, j, h * d + x);
                    CHECK_NEAR(at(&out, b, 0, i, h * d + x), want, TOL);
                }
            }
    close_env(&e);
}

static void attention(void)
{
    attention_case(1, 1, 1, 1, 1, false, 1);
    attention_case(2, 5, 77, 3, 8, false, 2);
    attention_case(1, 130, 300, 2, 5, false, 3);
    attention_case(1, 77, 77, 2, 16, true, 2);
    attention_case(1, 300, 300, 1, 4, true, 1);
}

static void group_norm_case(int n, int h, int w, int c, int groups, bool silu, float offset)
{
    struct env e = open_env(2);
    const rs_tensor x = tensor(&e, n, h, w, c), y = tensor(&e, n, h, w, c);
    const float *g = floats(&e, (size_t)c), *b = floats(&e, (size_t)c);
    for (size_t i = 0; i < rs_tensor_count(&x); i++)
        x.data[i] += offset;
    CHECK_OK(rs_op_group_norm(&e.ex, &y, &x, groups, 1e-5f, g, b, silu, &err));
    const int per = c / groups;
    for (int i = 0; i < n; i++)
        for (int ch = 0; ch < c; ch++) {
            const int g0 = ch / per * per;
            double sum = 0, sq = 0;
            for (int p = 0; p < h * w; p++)
                for (int k = g0; k < g0 + per; k++)
                    sum += (double)at(&x, i, p / w, p % w, k);
            const double mean = sum / (per * h * w);
            for (int p = 0; p < h * w; p++)
                for (int k = g0; k < g0 + per; k++)
                    sq += pow((double)at(&x, i, p / w, p % w, k) - mean, 2);
            const double inv = 1 / sqrt(sq / (per * h * w) + (double)1e-5f);
            for (int p = 0; p < h * w; p++) {
                double v = ((double)at(&x, i, p / w, p % w, ch) - mean) * inv * (double)g[ch] + (double)b[ch];
                v = silu ? v / (1 + exp(-v)) : v;
                CHECK_NEAR(at(&y, i, p / w, p % w, ch), v, offset != 0.0f ? 2e-3 : TOL);
            }
        }
    close_env(&e);
}

static void group_norms(void)
{
    group_norm_case(1, 1, 1, 4, 2, false, 0.0f);
    group_norm_case(2, 7, 5, 12, 4, true, 0.0f);
    group_norm_case(1, 40, 33, 9, 3, true, 0.0f);
    group_norm_case(1, 20, 20, 8, 8, false, 1000.0f); /* mean far above deviation: input rounding rules */
}

struct matmul_case {
    size_t m, n, c, taps;
    rs_elem type;
    bool bias;
    int res; /* 0 none, 1 another matrix, 2 y itself */
};

static const struct matmul_case matmul_cases[] = {
    { 1, 1, 1, 1, RS_ELEM_F32, false, 0 },
    { 1, 130, 64, 1, RS_ELEM_F32, true, 0 },
    { 77, 200, 33, 1, RS_ELEM_F16, false, 1 },
    { 1500, 40, 9, 1, RS_ELEM_F32, true, 1 },
    { 200, 1100, 17, 1, RS_ELEM_BF16, true, 0 },
    { 13, 31, 320, 1, RS_ELEM_F16, true, 2 },   /* one block of the depth */
    { 145, 65, 321, 1, RS_ELEM_F16, true, 2 },  /* two, and two of the rows */
    { 37, 7, 1025, 1, RS_ELEM_BF16, true, 2 },  /* four */
    { 50, 48, 37, 9, RS_ELEM_F32, false, 2 },   /* taps outermost */
    { 6, 12, 5, 25, RS_ELEM_F16, false, 0 },
};

static double matmul_want(const struct matmul_case *t, const float *x, const float *w, size_t i, size_t j,
                          double sum)
{
    for (size_t tap = 0; tap < t->taps; tap++)
        for (size_t c = 0; c < t->c; c++)
            sum += (double)x[(i * t->taps + tap) * t->c + c] * (double)w[(j * t->c + c) * t->taps + tap];
    return sum;
}

static void matmul_case(const struct matmul_case *t, int threads, float *keep)
{
    struct env e = open_env(threads);
    const size_t m = t->m, n = t->n, k = t->c * t->taps;
    float *w = floats(&e, n * k);
    const float *x = floats(&e, m * k), *b = floats(&e, n), *r = floats(&e, m * n);
    float *y = floats(&e, m * n);
    if (t->res == 2)
        memcpy(y, r, m * n * sizeof(float));
    const rs_packed_source src = source(&e, t->type, n, t->c, t->taps, w);
    rs_packed p;
    CHECK_OK(rs_packed_make(&e.ex, e.a, &src, &p, &err));
    const rs_matmul mm = { .m = m, .x = x, .ldx = k, .bias = t->bias ? b : NULL,
                           .res = t->res == 2 ? y : t->res ? r : NULL, .y = y };
    CHECK_OK(rs_packed_matmul(&e.ex, &p, &mm, &err));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const double start = (t->bias ? (double)b[j] : 0) + (t->res ? (double)r[i * n + j] : 0);
            CHECK_NEAR(y[i * n + j], matmul_want(t, x, w, i, j, start), TOL);
        }
    if (threads == 1)
        memcpy(keep, y, m * n * sizeof(float));
    else
        CHECK(memcmp(keep, y, m * n * sizeof(float)) == 0);
    /* a single row and a single panel have the bytes of the whole */
    float *alone = floats(&e, m * n);
    rs_matmul one = mm;
    one.res = t->res ? r : NULL;
    const size_t row = m / 2, col = (rs_packed_panels(&p) - 1) * p.nr;
    rs_packed_piece(e.ex.kern, &p, &one, &(rs_cut_piece){ row, row + 1, col, n }, alone + row * n + col, n);
    CHECK(memcmp(alone + row * n + col, y + row * n + col, (n - col) * sizeof(float)) == 0);
    close_env(&e);
}

static void matmuls(void)
{
    static float keep[250000];
    for (size_t i = 0; i < sizeof(matmul_cases) / sizeof(matmul_cases[0]); i++) {
        CHECK(matmul_cases[i].m * matmul_cases[i].n <= sizeof(keep) / sizeof(keep[0]));
        matmul_case(&matmul_cases[i], 1, keep);
        matmul_case(&matmul_cases[i], 4, keep);
    }
}

/* With geglu: the halves of the plain product, gated; bytes for any number of threads. */
static void gated_case(size_t m, size_t half, size_t k, rs_elem type, int threads)
{
    struct env e = open_env(threads);
    float *w = floats(&e, 2 * half * k), *y = floats(&e, m * half), *wide = floats(&e, m * 2 * half);
    const float *x = floats(&e, m * k), *b = floats(&e, 2 * half);
    const rs_packed_source src = source(&e, type, 2 * half, k, 1, w);
    rs_packed p;
    rs_packed_i8 p8;
    CHECK_OK(rs_packed_make(&e.ex, e.a, &src, &p, &err));
    CHECK_OK(rs_packed_i8_make(&e.ex, e.a, &src, &p8, &err));
    const rs_matmul gated = { .m = m, .x = x, .ldx = k, .bias = b, .y = y, .geglu = true };
    const rs_matmul plain = { .m = m, .x = x, .ldx = k, .bias = b, .y = wide };
    for (int bytes = 0; bytes < 2; bytes++) {
        memset(y, 0xff, m * half * sizeof(float)); /* NaN */
        CHECK_OK(bytes ? rs_packed_i8_matmul(&e.ex, &p8, &gated, &err)
                       : rs_packed_matmul(&e.ex, &p, &gated, &err));
        CHECK_OK(bytes ? rs_packed_i8_matmul(&e.ex, &p8, &plain, &err)
                       : rs_packed_matmul(&e.ex, &p, &plain, &err));
        CHECK_INT(rs_arena_used(e.ex.scratch), 0);
        for (size_t i = 0; i < m; i++) {
            e.ex.kern->geglu(wide + i * 2 * half, wide + i * 2 * half + half, half);
            CHECK(memcmp(y + i * half, wide + i * 2 * half, half * sizeof(float)) == 0);
        }
    }
    close_env(&e);
}

static void gated(void)
{
    for (int threads = 1; threads < 4; threads += 2) {
        gated_case(1, 1, 1, RS_ELEM_F32, threads);
        gated_case(7, 24, 6, RS_ELEM_F32, threads);      /* gates begin within a panel */
        gated_case(150, 37, 19, RS_ELEM_F16, threads);
        gated_case(300, 160, 40, RS_ELEM_BF16, threads); /* two pieces across, three down */
        gated_case(13, 128, 330, RS_ELEM_F16, threads);  /* two blocks of the depth */
    }
}

static void refused_weights(void)
{
    struct env e = open_env(1);
    const float none = 0;
    rs_packed p;
    const rs_packed_source wide = { &none, RS_ELEM_F16, SIZE_MAX - 3, 2, 1 };
    const rs_packed_source deep = { &none, RS_ELEM_F32, 4, SIZE_MAX / 9, 1 };
    const rs_packed_source large = { &none, RS_ELEM_F32, 4096, 4096, 1 };
    CHECK_INT(rs_packed_make(&e.ex, e.a, &wide, &p, &err), RS_E_RANGE);
    CHECK_INT(rs_packed_make(&e.ex, e.a, &deep, &p, &err), RS_E_RANGE);
    rs_alloc_fail_after(0);
    const rs_status s = rs_packed_make(&e.ex, e.a, &large, &p, &err);
    rs_alloc_fail_after(-1);
    CHECK_INT(s, RS_E_NOMEM);
    CHECK_STR(err.msg, "no memory for weights of 4096 x 4096 (64 MB)");
    close_env(&e);
}

static void small_ones(void)
{
    struct env e = open_env(2);
    const rs_tensor a = tensor(&e, 2, 3, 5, 4), b = tensor(&e, 2, 3, 5, 7), ab = tensor(&e, 2, 3, 5, 11);
    rs_op_concat(&e.ex, &ab, &a, &b);
    CHECK_NEAR(at(&ab, 1, 2, 4, 3), at(&a, 1, 2, 4, 3), 0);
    CHECK_NEAR(at(&ab, 1, 2, 4, 10), at(&b, 1, 2, 4, 6), 0);
    const rs_tensor up = tensor(&e, 2, 6, 9, 4); /* 3x5 -> 6x9, not a multiple */
    rs_op_upsample_nearest(&e.ex, &up, &a);
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 9; x++)
            CHECK_NEAR(at(&up, 1, y, x, 2), at(&a, 1, y * 3 / 6, x * 5 / 9, 2), 0);
    float planar[2 * 4 * 15];
    rs_tensor_to_planar(planar, &a);
    CHECK_NEAR(planar[(1 * 4 + 3) * 15 + 7], at(&a, 1, 1, 2, 3), 0);
    const rs_tensor back = tensor(&e, 2, 3, 5, 4);
    rs_tensor_from_planar(&back, planar);
    CHECK(memcmp(back.data, a.data, sizeof(planar)) == 0);
    CHECK(rs_tensor_is_finite(&a));
    a.data[17] = NAN;
    CHECK(!rs_tensor_is_finite(&a));
    rs_tensor t;
    CHECK_INT(rs_tensor_alloc(e.a, 0, 1, 1, 1, &t, &err), RS_E_RANGE);
    CHECK_INT(rs_tensor_alloc(e.a, 2147483647, 2147483647, 2147483647, 4, &t, &err), RS_E_RANGE);
    close_env(&e);
}

int main(void)
{
    TEST_RUN(matmuls);
    TEST_RUN(gated);
    TEST_RUN(refused_weights);
    TEST_RUN(convolutions);
    TEST_RUN(attention);
    TEST_RUN(group_norms);
    TEST_RUN(small_ones);
    return 0;
}
