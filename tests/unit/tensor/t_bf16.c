/* Products, convolutions and attention in bfloat16. Every kernel table is told that its
 * gemm_bf16 is the one to use, so they are tested on processors without it: the reference
 * gives the bits of the instruction. What is computed must be what floats give for values
 * rounded beforehand, the same bytes for any number of threads, and near the exact one. */
#include "base/mem.h"
#include "tensor/op_attention.h"
#include "tensor/op_conv.h"
#include "tensor/packed_bf16.h"
#include "tests/lib/golden_model.h"

static rs_err err;
static uint32_t rng_state;

/* Rounding to 8 bits is off by at most 2^-9 of a value on either side of a product; in
 * sums that averages out as the terms themselves do. */
#define ROUND_TOL 0.004
#define EXACT_TOL 2e-6 /* sums of floats in another order */

struct env {
    rs_kern kern;
    rs_exec ex;
    rs_arena *a;
};

static void env_open(struct env *e, rs_cpu_tier tier, int threads)
{
    e->kern = *rs_kern_get(tier);
    e->kern.bf16_kr = 2;
    e->ex = (rs_exec){ .kern = &e->kern, .scratch = rs_arena_open(1 << 16) };
    e->a = rs_arena_open(1 << 16);
    CHECK(e->a && e->ex.scratch);
    CHECK_OK(rs_pool_open(threads, &e->ex.pool, &err));
    rng_state = 12345;
}

static void env_close(struct env *e)
{
    CHECK_INT(rs_arena_used(e->ex.scratch), 0);
    rs_pool_close(&e->ex.pool);
    rs_arena_close(&e->ex.scratch);
    rs_arena_close(&e->a);
}

static float *floats(struct env *e, size_t n)
{
    float *p = rs_arena_alloc(e->a, n * sizeof(float));
    CHECK(p);
    for (size_t i = 0; i < n; i++) {
        rng_state = rng_state * 1664525u + 1013904223u;
        p[i] = (float)(rng_state >> 8) / 8388608.0f - 1.0f;
    }
    return p;
}

static float rounded(float f)
{
    uint16_t half;
    float back;
    rs_kern_get(RS_CPU_SCALAR)->f32_to_bf16(&half, &f, 1);
    rs_kern_get(RS_CPU_SCALAR)->bf16_to_f32(&back, &half, 1);
    return back;
}

static float *rounded_copy(struct env *e, const float *p, size_t n)
{
    float *to = rs_arena_alloc(e->a, n * sizeof(float));
    CHECK(to);
    for (size_t i = 0; i < n; i++)
        to[i] = rounded(p[i]);
    return to;
}

/* Intel's definitions of the two instructions, by values that tell them from others. */
static void definition(void)
{
    static const struct { float f; uint16_t half; } values[] = {
        { 1, 0x3f80 }, { -2.5f, 0xc020 }, { 0, 0 }, { -0.0f, 0x8000 },
        { 1 + 0x1p-8f, 0x3f80 }, { 1 + 0x3p-8f, 0x3f82 },    /* halves to even */
        { 1 + 0x1p-8f + 0x1p-23f, 0x3f81 },
        { 0x1.fffffep127f, 0x7f80 }, { -INFINITY, 0xff80 },
        { 0x1p-126f, 0x0080 }, { -0x1.fffffcp-127f, 0x8000 }, /* denormals are 0 */
    };
    struct env e;
    env_open(&e, rs_cpu_active(), 1);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint16_t half;
        e.kern.f32_to_bf16(&half, &values[i].f, 1);
        CHECK_INT(half, values[i].half);
    }
    static const struct { float a[4], b[4], sum; } dots[] = { /* two pairs each */
        { { 0x1p24f, 0, 1, 1 }, { 1, 1, 1, 1 }, 0x1p24f },   /* every sum is rounded, */
        { { 0x1p24f, 0, 1, -0x1p24f }, { 1, 1, 1, 1 }, 1 },  /* with the second value first, */
        { { 0x1p-70f, 0, 0, 0 }, { 0x1p-60f, 0, 0, 0 }, 0 }, /* and flushed; */
        { { 0x1p-133f, 0, 0, 0 }, { 0x1p100f, 0, 0, 0 }, 0 },
        /* a product is neither flushed nor need it be a float */
        { { 0x1p-70f, 0x1p-60f, 0, 0 }, { 0x1p-60f, 0x1p-60f, 0, 0 }, 0x1.004p-120f },
        { { 0, 0x1.8p127f, 0, 0x1p127f }, { 0, 1, 0, -2 }, -0x1p126f },
    };
    for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++) {
        rs_bf16_pair a[2], b[2 * 32] = {{{0}}};
        float y;
        for (size_t l = 0; l < 4; l++) {
            uint32_t bits;
            memcpy(&bits, &dots[i].a[l], 4);
            a[l / 2].v[l % 2] = (uint16_t)(bits >> 16);
            memcpy(&bits, &dots[i].b[l], 4);
            b[l / 2 * 32].v[l % 2] = (uint16_t)(bits >> 16);
        }
        e.kern.gemm_bf16(&(rs_gemm_block){ .m = 1, .n = 1, .k = 2, .a2 = a, .lda = 2, .b2 = b, .ldb = 32,
                                           .c = &y, .ldc = 1 });
        CHECK_NEAR(y, dots[i].sum, 0);
    }
    env_close(&e);
}

/* The one rule: what is good enough, with Winograd or without, on which processor. */
static void rule(void)
{
    rs_kern kern = *rs_kern_get(RS_CPU_SCALAR);
    for (int dots = 0; dots < 3; dots++) { /* none, of bytes, of bfloat16 as well */
        kern.i8_kr = dots > 0 ? 4 : 2;
        kern.bf16_kr = dots > 1 ? 2 : 1;
        const rs_bits narrow = dots > 1 ? RS_BITS_BF16 : RS_BITS_F32;
        CHECK_INT(rs_bits_used(&kern, RS_BITS_F32, false), RS_BITS_F32);
        CHECK_INT(rs_bits_used(&kern, RS_BITS_F32, true), RS_BITS_F32);
        CHECK_INT(rs_bits_used(&kern, RS_BITS_BF16, false), narrow);
        CHECK_INT(rs_bits_used(&kern, RS_BITS_BF16, true), RS_BITS_F32);
        CHECK_INT(rs_bits_used(&kern, RS_BITS_I8, false), RS_BITS_I8);
        CHECK_INT(rs_bits_used(&kern, RS_BITS_I8, true), dots ? RS_BITS_I8 : RS_BITS_F32);
    }
}

struct conv_case {
    int n, h, w, c_in, c_out, kernel, stride, oh, ow;
    bool res;
};

static const struct conv_case cases[] = {
    { 1, 1, 1, 1, 1, 1, 1, 1, 1, false },
    { 2, 5, 7, 4, 18, 3, 1, 5, 7, false },     /* the unet's first */
    { 1, 9, 6, 5, 35, 3, 1, 9, 6, true },      /* an odd depth */
    { 2, 8, 10, 20, 24, 3, 2, 4, 5, true },
    { 1, 3, 30, 768, 70, 1, 1, 3, 30, false }, /* keys of a text: two blocks of the depth */
    { 2, 7, 5, 1283, 33, 1, 1, 7, 5, true },
};

static double conv_error(struct env *e, const struct conv_case *c, const rs_conv_weights *w,
                         const rs_tensor *x, const rs_tensor *res, const rs_tensor *want, rs_tensor *y)
{
    const size_t count = rs_tensor_count(y);
    const rs_conv_args args = { .stride = c->stride, .pad = c->kernel / 2, .res = c->res ? res : NULL };
    y->data = floats(e, count);
    CHECK_OK(rs_op_conv(&e->ex, y, x, w, &args, &err));
    return want ? golden_error(y->data, want->data, count) : 0;
}

static void conv_case(const struct conv_case *c, rs_cpu_tier tier, int threads, float *keep)
{
    struct env e;
    env_open(&e, tier, threads);
    const size_t taps = (size_t)(c->kernel * c->kernel), n_w = (size_t)(c->c_in * c->c_out) * taps;
    rs_tensor x = { c->n, c->h, c->w, c->c_in, NULL }, xr = x, y = { c->n, c->oh, c->ow, c->c_out, NULL };
    rs_tensor same = y, exact = y, res = y;
    rs_packed_source oihw = { floats(&e, n_w), RS_ELEM_F32, (size_t)c->c_out, (size_t)c->c_in, taps };
    rs_conv_weights w;
    x.data = floats(&e, rs_tensor_count(&x));
    xr.data = rounded_copy(&e, x.data, rs_tensor_count(&x));
    res.data = floats(&e, rs_tensor_count(&res));
    CHECK_OK(rs_conv_pack(&e.ex, e.a, &oihw, c->kernel, c->stride == 1, RS_BITS_F32, &w, &err));
    conv_error(&e, c, &w, &x, &res, NULL, &exact);
    rs_packed_source round = oihw;
    round.data = rounded_copy(&e, oihw.data, n_w);
    CHECK_OK(rs_conv_pack(&e.ex, e.a, &round, c->kernel, c->stride == 1, RS_BITS_F32, &w, &err));
    conv_error(&e, c, &w, &xr, &res, NULL, &same);
    CHECK_OK(rs_conv_pack(&e.ex, e.a, &oihw, c->kernel, c->stride == 1, RS_BITS_BF16, &w, &err));
    CHECK(w.w.type == RS_ELEM_PAIRS);
    const double order = conv_error(&e, c, &w, &x, &res, &same, &y);
    const double all = golden_error(y.data, exact.data, rs_tensor_count(&y));
    if (order > EXACT_TOL || all > ROUND_TOL || (all < 10 * EXACT_TOL && c->n > 1))
        TEST_FAIL("%d -> %d, %s: off by %.2g from rounded values, %.2g from exact ones", c->c_in,
                  c->c_out, rs_cpu_tier_name(tier), order, all);
    const size_t bytes = rs_tensor_count(&y) * sizeof(float);
    if (threads == 1)
        memcpy(keep, y.data, bytes);
    CHECK(memcmp(keep, y.data, bytes) == 0);
    env_close(&e);
}

static void convolutions(void)
{
    static float keep[10000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (rs_cpu_tier tier = RS_CPU_SCALAR; tier < RS_CPU_TIERS; tier++)
            if (rs_cpu_has(tier)) {
                conv_case(&cases[i], tier, 1, keep);
                conv_case(&cases[i], tier, 3, keep);
            }
}

struct attention_case {
    int n, tq, tk, heads, d;
    bool causal;
};

static float value(const rs_tensor *x, int b, int t, int i)
{
    return x->data[((size_t)b * (size_t)x->w + (size_t)t) * (size_t)x->c + (size_t)i];
}

/* One query's output as op_attention.c defines it in bfloat16, sums in double: weights
 * are rounded tile by tile of 96 keys, against the largest score so far. */
static void attend(const struct attention_case *c, const rs_tensor *q, const rs_tensor *k,
                   const rs_tensor *v, int b, int h, int t, bool narrow, double *out)
{
    const int seen = c->causal ? t + 1 : c->tk;
    const float scale = (float)(1.4426950408889634 / sqrt((double)c->d));
    double top = -INFINITY, sum = 0, s[96];
    for (int i = 0; i < c->d; i++)
        out[i] = 0;
    for (int k0 = 0; k0 < seen; k0 += 96) {
        const int keys = seen - k0 < 96 ? seen - k0 : 96;
        const double old = top;
        for (int j = 0; j < keys; j++) {
            s[j] = 0;
            for (int i = h * c->d; i < (h + 1) * c->d; i++) {
                const float x = value(q, b, t, i) * scale, y = value(k, b, k0 + j, i);
                s[j] += (double)(narrow ? rounded(x) : x) * (double)(narrow ? rounded(y) : y);
            }
            top = s[j] > top ? s[j] : top;
        }
        const double rescale = exp2(old - top);
        sum *= rescale;
        for (int i = 0; i < c->d; i++)
            out[i] *= rescale;
        for (int j = 0; j < keys; j++) {
            const float p = (float)exp2(s[j] - top);
            const double weight = (double)(narrow ? rounded(p) : p);
            sum += weight;
            for (int i = 0; i < c->d; i++) {
                const float y = value(v, b, k0 + j, h * c->d + i);
                out[i] += weight * (double)(narrow ? rounded(y) : y);
            }
        }
    }
    for (int i = 0; i < c->d; i++)
        out[i] /= sum;
}

static void attention_case(const struct attention_case *c, rs_cpu_tier tier, int threads, float *keep)
{
    struct env e;
    env_open(&e, tier, threads);
    rs_tensor q = { c->n, 1, c->tq, c->heads * c->d, NULL }, k = q, v, out = q;
    k.w = c->tk;
    v = k;
    const size_t count = rs_tensor_count(&out), bytes = count * sizeof(float);
    q.data = floats(&e, count);
    for (size_t i = 0; i < count; i++)
        q.data[i] *= 3; /* clear maxima */
    k.data = floats(&e, rs_tensor_count(&k));
    v.data = floats(&e, rs_tensor_count(&v));
    out.data = floats(&e, count);
    CHECK_OK(rs_op_attention(&e.ex, &out, &q, &k, &v, c->heads, c->causal, true, &err));
    if (threads == 1) {
        float *same = floats(&e, count), *exact = floats(&e, count);
        double one[256];
        for (int row = 0; row < c->n * c->tq; row++)
            for (int h = 0; h < c->heads; h++)
                for (int narrow = 0; narrow < 2; narrow++) {
                    attend(c, &q, &k, &v, row / c->tq, h, row % c->tq, narrow, one);
                    for (int i = 0; i < c->d; i++)
                        (narrow ? same : exact)[(row * c->heads + h) * c->d + i] = (float)one[i];
                }
        /* a score's last bit can round its weight the other way, by 2^-8 of it */
        const double order = golden_error(out.data, same, count);
        const double all = golden_error(out.data, exact, count);
        printf("%d queries, %d keys, %d wide, %s: relative error %.2g, against rounded values %.2g\n",
               c->tq, c->tk, c->d, rs_cpu_tier_name(tier), all, order);
        CHECK(order < 1e-4 && all < 0.01 && (all > 1e-4 || c->tk == 1));
        memcpy(keep, out.data, bytes);
    }
    CHECK(memcmp(keep, out.data, bytes) == 0);
    env_close(&e);
}

static void attention(void)
{
    static const struct attention_case list[] = {
        { 1, 1, 1, 1, 1, false },   { 2, 5, 77, 3, 8, false },    { 1, 130, 300, 2, 5, false },
        { 1, 77, 77, 2, 16, true }, { 1, 300, 299, 1, 160, false }, { 1, 131, 131, 1, 7, true },
        { 2, 64, 257, 2, 40, false },
    };
    static float keep[100000];
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        for (rs_cpu_tier tier = RS_CPU_SCALAR; tier < RS_CPU_TIERS; tier++)
            if (rs_cpu_has(tier)) {
                attention_case(&list[i], tier, 1, keep);
                attention_case(&list[i], tier, 3, keep);
            }
}

/* What is not finite must stay so, or the picture could no longer be refused. */
static void odd_values(void)
{
    struct env e;
    env_open(&e, rs_cpu_active(), 2);
    rs_tensor q = { 1, 1, 9, 6, NULL }, k = q, v = q, out = q;
    const size_t count = rs_tensor_count(&q);
    q.data = floats(&e, count);
    k.data = floats(&e, count);
    v.data = floats(&e, count);
    out.data = floats(&e, count);
    v.data[8 * 6 + 5] = NAN;
    CHECK_OK(rs_op_attention(&e.ex, &out, &q, &k, &v, 2, false, true, &err));
    for (size_t i = 0; i < count; i++)
        CHECK(isfinite(out.data[i]) == (i % 6 != 5));
    v.data[8 * 6 + 5] = 0;
    q.data[2 * 6] = NAN;
    CHECK_OK(rs_op_attention(&e.ex, &out, &q, &k, &v, 2, false, true, &err));
    for (size_t i = 0; i < count; i++)
        CHECK(isfinite(out.data[i]) == (i < 12 || i > 14));

    rs_packed w;
    const rs_packed_source src = { k.data, RS_ELEM_F32, 9, 6, 1 };
    float y[9 * 9];
    CHECK_OK(rs_packed_bf16_make(&e.ex, e.a, &src, &w, &err));
    CHECK_OK(rs_packed_run(&e.ex, &w, &(rs_matmul){ .m = 9, .x = q.data, .ldx = 6, .y = y }, &err));
    for (size_t i = 0; i < 81; i++)
        CHECK(isfinite(y[i]) == (i / 9 != 2));
    CHECK_OK(rs_packed_run(&e.ex, &w, &(rs_matmul){ .m = 0, .x = q.data, .ldx = 6, .y = y }, &err));
    env_close(&e);
}

int main(void)
{
    TEST_RUN(definition);
    TEST_RUN(rule);
    TEST_RUN(convolutions);
    TEST_RUN(attention);
    TEST_RUN(odd_values);
    return 0;
}
