/* Resize modes against Pillow's LANCZOS as A1111 uses it. Pillow rounds to 8 bits
 * after each of its two passes, so inside differences of a step are its own. In
 * the outermost pixels the two treat the border differently (see resize.c). */
#include "tests/unit/media/media_test.h"

struct golden {
    rs_resize mode;
    const char *name;
    int w, h;
    int band_x, band_y; /* fill: width of the bands that the golden leaves black */
};

static const struct golden cases[] = {
    { RS_RESIZE_STRETCH, "stretch", 64, 64, 0, 0 },
    { RS_RESIZE_STRETCH, "stretch", 32, 24, 0, 0 },
    { RS_RESIZE_STRETCH, "stretch", 160, 120, 0, 0 },
    { RS_RESIZE_STRETCH, "stretch", 24, 96, 0, 0 },
    { RS_RESIZE_STRETCH, "stretch", 97, 61, 0, 0 },
    { RS_RESIZE_STRETCH, "stretch", 50, 200, 0, 0 },
    { RS_RESIZE_CROP, "crop", 64, 64, 0, 0 },
    { RS_RESIZE_CROP, "crop", 48, 96, 0, 0 },
    { RS_RESIZE_CROP, "crop", 33, 17, 0, 0 },
    { RS_RESIZE_FILL, "fill", 64, 64, 0, 12 },
    { RS_RESIZE_FILL, "fill", 48, 96, 0, 33 },
    { RS_RESIZE_FILL, "fill", 96, 33, 22, 0 },
};

static float *pixel(const rs_image *im, int x, int y)
{
    return im->rgb + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
}

/* Replaces the golden's black bands by its edge, as A1111's stretching does. */
static void add_bands(rs_image *im, const struct golden *g)
{
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            const int far_x = im->width - 1 - g->band_x, far_y = im->height - 1 - g->band_y;
            const int sx = x < g->band_x ? g->band_x : x > far_x ? far_x : x;
            const int sy = y < g->band_y ? g->band_y : y > far_y ? far_y : y;
            memmove(pixel(im, x, y), pixel(im, sx, sy), 3 * sizeof(float));
        }
    }
}

/* The part that no band and no border pixel belongs to. */
static void inside(const struct golden *g, rs_image *im)
{
    const int bx = g->band_x + 2, by = g->band_y + 2, w = im->width - 2 * bx,
              h = im->height - 2 * by;
    for (int y = 0; y < h; y++)
        memmove(im->rgb + (size_t)y * (size_t)w * 3, pixel(im, bx, by + y),
                (size_t)w * 3 * sizeof(float));
    im->width = w;
    im->height = h;
}

static void against_pillow(void)
{
    rs_err err = { 0 };
    rs_image src = { 0 };
    CHECK_OK(rs_image_read(GOLDEN("source.png"), &src, &err));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct golden *g = &cases[i];
        rs_image want = { 0 }, got = { 0 };
        char path[512];
        double rms, max;
        snprintf(path, sizeof(path), GOLDEN("resize_%s_%dx%d.png"), g->name, g->w, g->h);
        CHECK_OK(rs_image_read(path, &want, &err));
        add_bands(&want, g);
        CHECK_OK(rs_image_alloc(&got, g->w, g->h, &err));
        CHECK_OK(rs_image_resize(&got, &src, g->mode, &err));
        compare(&got, &want, &rms, &max);
        CHECK(rms < 0.6);
        CHECK(max < 5);
        double rms_in, max_in;
        inside(g, &got);
        inside(g, &want);
        compare(&got, &want, &rms_in, &max_in);
        printf("%s %dx%d: rms %.3f, max %.3f; inside rms %.3f, max %.3f of 255\n", g->name, g->w,
               g->h, rms, max, rms_in, max_in);
        CHECK(rms_in < 0.4);
        CHECK(max_in < 1.6);
        rs_image_release(&want);
        rs_image_release(&got);
    }
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
        for (int mode = 0; mode < 3; mode++) {
            rs_image a = { 0 }, b = { 0 };
            CHECK_OK(rs_image_alloc(&a, sizes[i][0], sizes[i][1], &err));
            CHECK_OK(rs_image_alloc(&b, sizes[i][2], sizes[i][3], &err));
            for (int k = 0; k < a.width * a.height * 3; k++)
                a.rgb[k] = 0.2f + 0.3f * (float)(k % 3);
            for (int k = 0; k < b.width * b.height * 3; k++)
                b.rgb[k] = NAN;
            CHECK_OK(rs_image_resize(&b, &a, (rs_resize)mode, &err));
            for (int k = 0; k < b.width * b.height * 3; k++)
                CHECK_NEAR(b.rgb[k], 0.2f + 0.3f * (float)(k % 3), 3e-4);
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
    for (int mode = 0; mode < 3; mode++) {
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
    CHECK_OK(rs_image_alloc(&b, 1, 3000, &err));
    CHECK_INT(rs_image_resize(&b, &a, RS_RESIZE_CROP, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "32768x1"));
    rs_image_release(&a);
    rs_image_release(&b);
}

int main(void)
{
    TEST_RUN(against_pillow);
    TEST_RUN(flat);
    TEST_RUN(same_size_is_exact);
    TEST_RUN(antialiased);
    TEST_RUN(bad_sizes);
    return 0;
}
