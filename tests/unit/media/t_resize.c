/* Resize modes against A1111's resize_image with Pillow's LANCZOS: the same to within
 * one step of 8 bits everywhere. Pillow rounds to 8 bits after each of its two passes,
 * so differences of a step are its own. */
#include "tests/unit/media/media_test.h"

struct golden {
    rs_resize mode;
    const char *name;
    int w, h;
};

static const struct golden cases[] = {
    { RS_RESIZE_STRETCH, "stretch", 64, 64 },  { RS_RESIZE_STRETCH, "stretch", 32, 24 },
    { RS_RESIZE_STRETCH, "stretch", 160, 120 }, { RS_RESIZE_STRETCH, "stretch", 24, 96 },
    { RS_RESIZE_STRETCH, "stretch", 97, 61 },  { RS_RESIZE_STRETCH, "stretch", 50, 200 },
    { RS_RESIZE_CROP, "crop", 64, 64 },        { RS_RESIZE_CROP, "crop", 48, 96 },
    { RS_RESIZE_CROP, "crop", 33, 17 },        { RS_RESIZE_FILL, "fill", 64, 64 },
    { RS_RESIZE_FILL, "fill", 48, 96 },        { RS_RESIZE_FILL, "fill", 96, 33 },
};

/* stable-diffusion.cpp's (tools/reference/sdcpp.py). It goes back to 8 bits by a table
 * of the curve that is off by up to 0.044 steps, and so may take the neighbour. */
static const struct golden areas[] = {
    { RS_RESIZE_AREA, "area", 64, 64 },  { RS_RESIZE_AREA, "area", 48, 96 },
    { RS_RESIZE_AREA, "area", 33, 17 },  { RS_RESIZE_AREA, "area", 160, 120 },
    { RS_RESIZE_AREA, "area", 24, 96 },  { RS_RESIZE_AREA, "area", 97, 61 },
    { RS_RESIZE_AREA, "area", 288, 200 },
};

static float *pixel(const rs_image *im, int x, int y)
{
    return im->rgb + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
}

static void to_8_bits(rs_image *im)
{
    for (int i = 0; i < im->width * im->height * 3; i++)
        im->rgb[i] = floorf(im->rgb[i] * 255.0f + 0.5f) / 255.0f;
}

static void against(const struct golden *g, const rs_image *src, double most_rms)
{
    rs_err err = { 0 };
    rs_image want = { 0 }, got = { 0 };
    char path[512];
    double rms, max;
    snprintf(path, sizeof(path), GOLDEN("resize_%s_%dx%d.png"), g->name, g->w, g->h);
    CHECK_OK(rs_image_read(path, &want, &err));
    CHECK_OK(rs_image_alloc(&got, g->w, g->h, &err));
    CHECK_OK(rs_image_resize(&got, src, g->mode, &err));
    to_8_bits(&got);
    compare(&got, &want, &rms, &max);
    printf("%s %dx%d: rms %.3f, max %.3f of 255\n", g->name, g->w, g->h, rms, max);
    CHECK(rms < most_rms);
    CHECK(max < 1.001);
    rs_image_release(&want);
    rs_image_release(&got);
}

static void against_peers(void)
{
    rs_err err = { 0 };
    rs_image src = { 0 };
    CHECK_OK(rs_image_read(GOLDEN("source.png"), &src, &err));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        against(&cases[i], &src, 0.5); /* one step in a quarter of the values */
    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
        against(&areas[i], &src, 0.2); /* one step in 25 */
    rs_image_release(&src);
}

/* A flat picture stays flat at every ratio, tiny and extreme sizes included. */
static void flat(void)
{
    static const int sizes[][4] = { { 1, 1, 64, 64 },   { 3, 2, 1, 1 },     { 2000, 3, 5, 9 },
                                    { 5, 1500, 64, 1 }, { 17, 9, 512, 8 },  { 1, 400, 400, 1 },
                                    { 333, 7, 8, 8 },   { 64, 64, 63, 65 } };
    rs_err err = { 0 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int mode = 0; mode <= RS_RESIZE_AREA; mode++) {
            const double most = mode == RS_RESIZE_AREA ? 0.5 / 255 + 1e-6 : 1e-6; /* 8 bits */
            rs_image a = { 0 }, b = { 0 };
            CHECK_OK(rs_image_alloc(&a, sizes[i][0], sizes[i][1], &err));
            CHECK_OK(rs_image_alloc(&b, sizes[i][2], sizes[i][3], &err));
            for (int k = 0; k < a.width * a.height * 3; k++)
                a.rgb[k] = 0.2f + 0.3f * (float)(k % 3);
            for (int k = 0; k < b.width * b.height * 3; k++)
                b.rgb[k] = NAN;
            CHECK_OK(rs_image_resize(&b, &a, (rs_resize)mode, &err));
            for (int k = 0; k < b.width * b.height * 3; k++)
                CHECK_NEAR(b.rgb[k], 0.2f + 0.3f * (float)(k % 3), most);
            rs_image_release(&a);
            rs_image_release(&b);
        }
    }
}

static void same_size_is_exact(void)
{
    rs_err err = { 0 };
    rs_image a = { 0 }, b = { 0 };
    double rms, max;
    CHECK_OK(rs_image_alloc(&a, 50, 41, &err));
    CHECK_OK(rs_image_alloc(&b, 50, 41, &err));
    paint(&a, 3);
    for (int mode = 0; mode <= RS_RESIZE_AREA; mode++) {
        CHECK_OK(rs_image_resize(&b, &a, (rs_resize)mode, &err));
        compare(&a, &b, &rms, &max);
        CHECK(max == 0);
    }
    rs_image_release(&a);
    rs_image_release(&b);
}

/* One-pixel stripes shrunk by 8 must turn grey, not alias. */
static void antialiased(void)
{
    rs_err err = { 0 };
    rs_image a = { 0 }, b = { 0 };
    CHECK_OK(rs_image_alloc(&a, 512, 64, &err));
    CHECK_OK(rs_image_alloc(&b, 64, 8, &err));
    for (int i = 0; i < 512 * 64; i++)
        for (int c = 0; c < 3; c++)
            a.rgb[i * 3 + c] = (float)(i % 2);
    CHECK_OK(rs_image_resize(&b, &a, RS_RESIZE_STRETCH, &err));
    for (int y = 0; y < 8; y++)
        for (int x = 2; x < 62; x++)
            CHECK_NEAR(*pixel(&b, x, y), 0.5, 0.01);
    rs_image_release(&a);
    rs_image_release(&b);
}

static void bad_sizes(void)
{
    rs_err err = { 0 };
    rs_image a = { 0 }, b = { 0 };
    CHECK_INT(rs_image_alloc(&a, 0, 5, &err), RS_E_RANGE);
    CHECK_INT(rs_image_alloc(&a, 5, 32769, &err), RS_E_RANGE);
    CHECK_INT(rs_image_resize(&a, &b, RS_RESIZE_CROP, &err), RS_E_INVALID);
    CHECK_OK(rs_image_alloc(&a, 32768, 1, &err));
    CHECK_INT(rs_image_resize(&a, &a, RS_RESIZE_LATENT, &err), RS_E_INVALID);
    CHECK_OK(rs_image_alloc(&b, 1, 3000, &err));
    CHECK_INT(rs_image_resize(&b, &a, RS_RESIZE_CROP, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "32768x1"));
    rs_image_release(&a);
    rs_image_release(&b);
}

int main(void)
{
    TEST_RUN(against_peers);
    TEST_RUN(flat);
    TEST_RUN(same_size_is_exact);
    TEST_RUN(antialiased);
    TEST_RUN(bad_sizes);
    return 0;
}
