/* What the reference kernels mean, against formulas written another way.
 * checkkern then compares every tier with the reference. */
#include "tests/lib/test.h"

#include <stdint.h>

#include "kernel/kern.h"

static const rs_kern *ref(void)
{
    return rs_kern_get(RS_CPU_SCALAR);
}

/* A repeatable value within -1 .. 1. */
static float noise(uint32_t i)
{
    i = (i ^ 61 ^ i >> 16) * 9;
    i = (i ^ i >> 4) * 0x27d4eb2du;
    return (float)(i ^ i >> 15) * 0x1p-31f - 1;
}

static void test_half(void)
{
    static const struct {
        uint16_t half;
        float value;
    } cases[] = {
        {0x0000, 0},           {0x3c00, 1},          {0xc000, -2},         {0x3555, 0.333251953125f},
        {0x7bff, 65504},       {0x0400, 0x1p-14f},   {0x03ff, 1023 * 0x1p-24f}, {0x0001, 0x1p-24f},
        {0x8001, -0x1p-24f},   {0x7c00, INFINITY},   {0xfc00, -INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float got;
        ref()->f16_to_f32(&got, &cases[i].half, 1);
        CHECK(got == cases[i].value);
    }
    const uint16_t nan = 0x7c01, minus_zero = 0x8000, bf16[] = {0x3f80, 0xc049, 0x7fc0};
    float got[3];
    ref()->f16_to_f32(got, &nan, 1);
    CHECK(isnan(got[0]));
    ref()->f16_to_f32(got, &minus_zero, 1);
    CHECK(got[0] == 0 && signbit(got[0]));
    ref()->bf16_to_f32(got, bf16, 3);
    CHECK(got[0] == 1 && got[1] == -3.140625f && isnan(got[2]));
}

/* x*sigmoid(x), x/2*erfc(-x/sqrt 2), x*sigmoid(1.702x), from Python's math. */
static void test_activations(void)
{
    static const struct {
        float x;
        double silu, gelu, quick;
    } cases[] = {
        {-3, -0.14227762, -0.00404969409, -0.0180713097},
        {-0.5f, -0.188770334, -0.154268769, -0.149611563},
        {0, 0, 0, 0},
        {1, 0.731058579, 0.841344746, 0.845795766},
        {4, 3.92805516, 3.99987332, 3.99558528},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float silu, gelu, quick;
        ref()->silu(&silu, &cases[i].x, 1);
        ref()->gelu(&gelu, &cases[i].x, 1);
        ref()->quick_gelu(&quick, &cases[i].x, 1);
        CHECK_NEAR(silu, cases[i].silu, 4e-7);
        CHECK_NEAR(gelu, cases[i].gelu, 4e-7);
        CHECK_NEAR(quick, cases[i].quick, 4e-7);
    }
    const float edge[] = {INFINITY, -INFINITY, NAN};
    void (*const all[])(float *, const float *, size_t) = {ref()->silu, ref()->gelu,
                                                           ref()->quick_gelu};
    for (size_t i = 0; i < 3; i++) {
        float got[3];
        all[i](got, edge, 3);
        CHECK(got[0] == INFINITY && got[1] == 0 && isnan(got[2]));
    }
}

static void test_geglu(void)
{
    const float gate[] = {1, -0.5f, 0, 4};
    float dst[] = {2, -3, 5, 7};
    ref()->geglu(dst, gate, 4);
    CHECK_NEAR(dst[0], 2 * 0.841344746, 1e-6);
    CHECK_NEAR(dst[1], -3 * -0.154268770, 1e-6);
    CHECK_NEAR(dst[2], 0, 0);
    CHECK_NEAR(dst[3], 7 * 3.99987331, 1e-5);
}

/* Far from 0 too: mean 0 and variance 1 before gamma and beta. */
static void test_layer_norm(void)
{
    enum { C = 64 };
    float x[C], y[C], gamma[C], beta[C];
    for (uint32_t j = 0; j < C; j++) {
        x[j] = 1000 + noise(j);
        gamma[j] = 2;
        beta[j] = 3;
    }
    ref()->layer_norm(y, x, gamma, beta, 1, C, 0);
    double sum = 0, square = 0;
    for (size_t j = 0; j < C; j++) {
        const double z = ((double)y[j] - 3) / 2;
        sum += z;
        square += z * z;
    }
    CHECK_NEAR(sum / C, 0, 1e-6);
    CHECK_NEAR(square / C, 1, 1e-6);
}

/* Group norm of one group by its two halves. */
static void test_group_norm(void)
{
    const float x[] = {1, 2, -9, 3, 4, -9}; /* [2, 2] with a gap */
    double sum[2] = {0}, square[2] = {0};
    ref()->channel_sums(sum, square, x, 2, 2, 3);
    CHECK(sum[0] == 4 && sum[1] == 6 && square[0] == 10 && square[1] == 20);
    const double mean = 2.5, rstd = 1 / sqrt(30.0 / 4 - mean * mean);
    const float k = (float)rstd, o = (float)(-mean * rstd), scale[] = {k, k}, shift[] = {o, o};
    float y[4];
    ref()->scale_shift(y, 2, x, 3, scale, shift, 2, 2, false);
    CHECK_NEAR(y[0], -1.5 * rstd, 1e-6);
    CHECK_NEAR(y[3], 1.5 * rstd, 1e-6);
    ref()->scale_shift(y, 2, x, 3, scale, shift, 2, 2, true);
    CHECK_NEAR(y[3], 1.5 * rstd / (1 + exp(-1.5 * rstd)), 1e-6);
}

/* Tile by tile, with the earlier tiles corrected, is the softmax of each column. */
static void test_softmax(void)
{
    enum { ROWS = 50, COLS = 3, TILE = 16 };
    float s[ROWS * COLS], want[ROWS * COLS], old[COLS], top[COLS], sum[COLS] = {0}, rescale[COLS];
    for (uint32_t j = 0; j < COLS; j++) {
        double all = 0;
        top[j] = -INFINITY;
        for (uint32_t r = 0; r < ROWS; r++) {
            s[r * COLS + j] = 30 * noise(j * 977 + r);
            all += pow(2, (double)s[r * COLS + j]);
        }
        for (size_t r = 0; r < ROWS; r++)
            want[r * COLS + j] = (float)(pow(2, (double)s[r * COLS + j]) / all);
    }
    for (size_t r = 0; r < ROWS; r += TILE) {
        const size_t n = ROWS - r < TILE ? ROWS - r : TILE;
        memcpy(old, top, sizeof top);
        for (size_t i = r * COLS; i < (r + n) * COLS; i++)
            top[i % COLS] = fmaxf(top[i % COLS], s[i]);
        ref()->softmax_step(s + r * COLS, n, COLS, COLS, old, top, rescale);
        for (size_t i = 0; i < r * COLS; i++)
            s[i] *= rescale[i % COLS];
        for (size_t j = 0; j < COLS; j++)
            sum[j] *= rescale[j];
        for (size_t i = r * COLS; i < (r + n) * COLS; i++)
            sum[i % COLS] += s[i];
        CHECK(r > 0 || (rescale[0] == 0 && rescale[COLS - 1] == 0));
    }
    for (size_t i = 0; i < ROWS * COLS; i++)
        CHECK_NEAR(s[i] / sum[i % COLS], want[i], 1e-6 * (double)want[i] + 1e-12);
}

/* The three transforms around one product are a 3x3 convolution: a 4x4 patch
 * of one input and one output channel, whose border may lie outside. */
static void winograd_case(int y0, int y1, int x0, int x1)
{
    float d[36], g[9], u[36], v[36], m[36], got[16];
    for (uint32_t i = 0; i < 36; i++)
        d[i] = noise(i + 5);
    for (uint32_t i = 0; i < 9; i++)
        g[i] = noise(i + 100);
    static const size_t rows[3][2] = {{0, 5}, {1, 2}, {3, 4}};
    for (int part = 0; part < 3; part++) {
        float two[12];
        ref()->wino_weight(two, 1, g, 1, 1, part);
        memcpy(u + 6 * rows[part][0], two, 6 * sizeof(float));
        memcpy(u + 6 * rows[part][1], two + 6, 6 * sizeof(float));
    }
    ref()->wino_input(v, 1, d, 6, 1, y0, y1, x0, x1, 1);
    for (size_t k = 0; k < 36; k++)
        m[k] = u[k] * v[k];
    const float bias = 0.25f;
    float res[16];
    for (uint32_t i = 0; i < 16; i++)
        res[i] = noise(i + 200);
    ref()->wino_output(got, 4, 1, m, 1, &bias, res, 4, 4, 1);
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            double want = (double)bias + (double)res[4 * y + x];
            for (int i = y; i < y + 3; i++)
                for (int j = x; j < x + 3; j++)
                    if (i >= y0 && i < y1 && j >= x0 && j < x1)
                        want += (double)g[3 * (i - y) + j - x] * (double)d[6 * i + j];
            CHECK_NEAR(got[4 * y + x], want, 1e-5);
        }
}

static void test_winograd(void)
{
    winograd_case(0, 6, 0, 6);
    winograd_case(1, 6, 1, 6);
    winograd_case(0, 3, 2, 5);
    winograd_case(0, 0, 0, 6);
}

static void test_pixels(void)
{
    uint8_t bytes[256], back[256];
    float f[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    ref()->u8_to_f32(f, bytes, 256);
    ref()->f32_to_u8(back, f, 256);
    CHECK(memcmp(bytes, back, 256) == 0);
    CHECK(f[0] == -1 && f[255] == 1);
    for (int i = 0; i < 256; i++)
        CHECK(f[i] == -f[255 - i]);

    /* 0 is 127.5, rounded up; beyond the range is the range's end */
    const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0, -0.001f};
    const uint8_t want[] = {0, 255, 0, 255, 0, 128, 127};
    ref()->f32_to_u8(back, odd, 7);
    CHECK(memcmp(back, want, 7) == 0);
}

int main(void)
{
    TEST_RUN(test_half);
    TEST_RUN(test_activations);
    TEST_RUN(test_geglu);
    TEST_RUN(test_layer_norm);
    TEST_RUN(test_group_norm);
    TEST_RUN(test_softmax);
    TEST_RUN(test_winograd);
    TEST_RUN(test_pixels);
    return 0;
}
