/* What pictures say of their colours: ICC profiles against Little CMS, both in 8 bits, so that a step is
 * what rounding may differ by; cICP, iCCP and JPEG's APP2 against what the profile or code gives. */
#include <png.h>

#include "media/png_io.h"
#include "media/tone_map.h"
#include "tests/lib/golden.h"
#include "tests/unit/media/media_test.h"

#define PROFILES RS_SOURCE_DIR "/tests/golden/icc.safetensors"

/* The profile NAME of the file as bytes; the caller frees it. */
static uint8_t *profile_of(const struct golden *g, const char *name, size_t *n)
{
    char key[64];
    snprintf(key, sizeof key, "%s.icc", name);
    const float *v = golden_f32(g, key, n);
    uint8_t *p = malloc(*n);
    CHECK(p);
    for (size_t i = 0; i < *n; i++)
        p[i] = (uint8_t)v[i];
    return p;
}

static void profiles(void)
{
    static const struct { const char *name; rs_icc_kind kind; } cases[] = {
        { "display_p3", RS_ICC_OTHER }, { "adobe_rgb", RS_ICC_OTHER }, { "rec2020", RS_ICC_OTHER },
        { "tables", RS_ICC_OTHER },     { "shifted", RS_ICC_OTHER },   { "srgb", RS_ICC_SRGB },
    };
    struct golden g = golden_open(PROFILES);
    size_t n;
    const float *rgb = golden_f32(&g, "rgb", &n);
    rs_tone_map t = { 0 };
    rs_err err = { 0 };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        size_t size, count;
        uint8_t *data = profile_of(&g, cases[c].name, &size);
        const float *want = golden_f32(&g, cases[c].name, &count);
        uint16_t px[1024 * 3];
        rs_icc icc;
        double worst = 0;
        CHECK(count == n && n <= sizeof(px) / sizeof(px[0]));
        CHECK_INT(rs_icc_read(data, size, &icc), cases[c].kind);
        CHECK_OK(rs_tone_map_prepare_icc(&t, &icc, &err));
        for (size_t i = 0; i < n; i++)
            px[i] = (uint16_t)((int)rgb[i] * 257);
        rs_tone_map_run(&t, px, n / 3, 3);
        for (size_t i = 0; i < n; i++)
            worst = fmax(worst, fabs(px[i] / 257.0 - (double)want[i]));
        if (worst > 1)
            TEST_FAIL("%s: off by %g of 255", cases[c].name, worst);
        for (size_t cut = 0; cut < size - 20; cut += 7) /* every tag is needed but the last */
            CHECK_INT(rs_icc_read(data, cut, &icc), RS_ICC_UNREAD);
        free(data);
    }
    rs_tone_map_release(&t);
    golden_close(&g);
}

struct file {
    uint8_t data[65536];
    size_t n;
};

static void on_write(png_structp png, png_bytep data, size_t n)
{
    struct file *f = png_get_io_ptr(png);
    CHECK(n <= sizeof(f->data) - f->n);
    memcpy(f->data + f->n, data, n);
    f->n += n;
}

/* 2x1 pixels, RGBA of 8 bits or RGB of 16; cicp, max (of cLLI) and icc: NULL or 0: none. */
static void make_png(struct file *f, int bits, const uint8_t *px, const uint8_t *cicp, uint32_t max,
                     const uint8_t *icc, size_t icc_size)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_unknown_chunk chunks[2] = { { .name = "cICP", .size = 4, .location = PNG_HAVE_IHDR },
                                    { .name = "cLLI", .size = 8, .location = PNG_HAVE_IHDR } };
    uint8_t light[8] = { (uint8_t)(max >> 24), (uint8_t)(max >> 16), (uint8_t)(max >> 8), (uint8_t)max };
    uint8_t code[4];
    f->n = 0;
    png_set_write_fn(png, f, on_write, NULL);
    png_set_IHDR(png, info, 2, 1, bits, bits == 8 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, (const uint8_t *)"cICP\0cLLI", 2);
    if (cicp) {
        memcpy(code, cicp, sizeof code);
        chunks[0].data = code;
        chunks[1].data = light;
        png_set_unknown_chunks(png, info, chunks, max ? 2 : 1);
    }
    if (icc)
        png_set_iCCP(png, info, "ICC profile", PNG_COMPRESSION_TYPE_BASE, icc, (png_uint_32)icc_size);
    png_write_info(png, info);
    png_write_row(png, px);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

static const uint8_t px8[8] = { 200, 100, 50, 255, 10, 20, 30, 255 };
static const uint8_t px16[12] = { 0x80, 0, 0x50, 0, 0x50, 0, 0x90, 0, 0x90, 0, 0x90, 0 };

static void expect(const struct file *f, rs_image_colours colours, double r, double g, double b)
{
    rs_image im = { 0 };
    rs_err err = { 0 };
    CHECK_OK(rs_png_decode(f->data, f->n, "x.png", &im, &err));
    CHECK_INT(im.colours, colours);
    CHECK_NEAR(im.rgb[0] * 255, r, 0.05);
    CHECK_NEAR(im.rgb[1] * 255, g, 0.05);
    CHECK_NEAR(im.rgb[2] * 255, b, 0.05);
    rs_image_release(&im);
    /* what a job keeps of its own frames is never mapped */
    CHECK_OK(rs_png_decode_as_is(f->data, f->n, "x.png", &im, &err));
    CHECK_NEAR(im.rgb[0] * 255, im.depth == 8 ? 200 : 0x8000 / 257.0, 1e-3);
    rs_image_release(&im);
}

/* The numbers are those of tools/reference/tone_map.py. */
static void cicp(void)
{
    struct file f;
    make_png(&f, 8, px8, (const uint8_t[]){ 12, 13, 0, 1 }, 0, NULL, 0);
    expect(&f, RS_COLOURS_CONVERTED, 214.90, 92.61, 30.95);
    make_png(&f, 8, px8, (const uint8_t[]){ 9, 13, 0, 1 }, 0, NULL, 0);
    expect(&f, RS_COLOURS_CONVERTED, 241.27, 75.95, 29.14);
    make_png(&f, 8, px8, (const uint8_t[]){ 1, 13, 0, 1 }, 0, NULL, 0);
    expect(&f, RS_COLOURS_SRGB, 200, 100, 50);
    make_png(&f, 8, px8, (const uint8_t[]){ 12, 13, 0, 0 }, 0, NULL, 0);
    expect(&f, RS_COLOURS_UNREAD, 200, 100, 50);
    make_png(&f, 16, px16, (const uint8_t[]){ 9, 16, 0, 1 }, 0, NULL, 0);
    expect(&f, RS_COLOURS_PQ, 213.54, 33.56, 70.80);
    make_png(&f, 16, px16, (const uint8_t[]){ 9, 16, 0, 1 }, 10000000, NULL, 0);
    expect(&f, RS_COLOURS_PQ, 213.54, 33.56, 70.80); /* a peak of 1000 cd/m2, which is said now */
    make_png(&f, 16, px16, (const uint8_t[]){ 9, 18, 0, 1 }, 0, NULL, 0);
    rs_image im = { 0 };
    rs_err err = { 0 };
    CHECK_OK(rs_png_decode(f.data, f.n, "x.png", &im, &err));
    CHECK_INT(im.colours, RS_COLOURS_HLG);
    rs_image_release(&im);
}

/* The golden profile's own answer for the pixel. */
static void by_profile(const uint8_t *data, size_t size, double out[3])
{
    rs_tone_map t = { 0 };
    rs_icc icc;
    rs_err err = { 0 };
    uint16_t px[3] = { 200 * 257, 100 * 257, 50 * 257 };
    CHECK_INT(rs_icc_read(data, size, &icc), RS_ICC_OTHER);
    CHECK_OK(rs_tone_map_prepare_icc(&t, &icc, &err));
    rs_tone_map_run(&t, px, 1, 3);
    for (int c = 0; c < 3; c++)
        out[c] = px[c] / 257.0;
    rs_tone_map_release(&t);
}

static void embedded_profiles(void)
{
    struct golden g = golden_open(PROFILES);
    size_t size, n;
    uint8_t *data = profile_of(&g, "display_p3", &size), *srgb = profile_of(&g, "srgb", &n);
    struct file f;
    double want[3];
    by_profile(data, size, want);
    CHECK_NEAR(want[0], 214.90, 0.05); /* as the code for the same colours */
    make_png(&f, 8, px8, NULL, 0, data, size);
    expect(&f, RS_COLOURS_CONVERTED, want[0], want[1], want[2]);
    make_png(&f, 8, px8, NULL, 0, srgb, n);
    expect(&f, RS_COLOURS_SRGB, 200, 100, 50);
    make_png(&f, 8, px8, (const uint8_t[]){ 1, 13, 0, 1 }, 0, data, size); /* cICP goes first */
    expect(&f, RS_COLOURS_SRGB, 200, 100, 50);
    free(data);
    free(srgb);
    golden_close(&g);
}

/* The picture of the golden JPEG again, with the profile in APP2: each pixel is mapped. */
static void jpeg(void)
{
    struct golden g = golden_open(PROFILES);
    size_t size, n;
    uint8_t *profile = profile_of(&g, "display_p3", &size), *jpg = slurp(GOLDEN("oriented.jpg"), &n);
    rs_image plain = { 0 }, mapped = { 0 };
    rs_err err = { 0 };
    rs_tone_map t = { 0 };
    rs_icc icc;
    FILE *f = fopen(tmp("p3.jpg"), "wb");
    const size_t len = size + 16;
    double sum = 0, worst = 0;
    CHECK(f);
    fwrite(jpg, 1, 2, f);
    fprintf(f, "\xff\xe2%c%cICC_PROFILE%c%c%c", (int)(len >> 8), (int)(len & 255), 0, 1, 1);
    fwrite(profile, 1, size, f);
    fwrite(jpg + 2, 1, n - 2, f);
    fclose(f);
    CHECK_OK(rs_image_read(GOLDEN("oriented.jpg"), &plain, &err));
    CHECK_OK(rs_image_read(tmp("p3.jpg"), &mapped, &err));
    CHECK(plain.colours == RS_COLOURS_SRGB && mapped.colours == RS_COLOURS_CONVERTED);
    CHECK(rs_icc_read(profile, size, &icc) == RS_ICC_OTHER);
    CHECK_OK(rs_tone_map_prepare_icc(&t, &icc, &err));
    for (size_t i = 0; i < (size_t)plain.width * (size_t)plain.height; i++) {
        uint16_t px[3];
        for (int c = 0; c < 3; c++)
            px[c] = (uint16_t)(plain.rgb[3 * i + (size_t)c] * 65535 + 0.5f);
        rs_tone_map_run(&t, px, 1, 3);
        for (int c = 0; c < 3; c++) {
            const double d = fabs((double)mapped.rgb[3 * i + (size_t)c] * 255 - px[c] / 257.0);
            sum += d;
            worst = fmax(worst, d);
        }
    }
    /* plain is rounded to 8 bits by swscale, what is mapped not; the curve makes up to 3 steps of one */
    CHECK(worst <= 3 && sum / (3.0 * plain.width * plain.height) <= 0.6);
    rs_tone_map_release(&t);
    rs_image_release(&plain);
    rs_image_release(&mapped);
    free(profile);
    free(jpg);
    golden_close(&g);
}

/* RGB of 8 bits by way of FFmpeg: not a step is lost before the profile is applied. */
static void webp(void)
{
    rs_image im = { 0 };
    rs_err err = { 0 };
    CHECK_OK(rs_image_read(GOLDEN("p3.webp"), &im, &err));
    CHECK(im.colours == RS_COLOURS_CONVERTED && im.depth == 8);
    CHECK_NEAR(im.rgb[0] * 255, 214.90, 0.05);
    CHECK_NEAR(im.rgb[1] * 255, 92.61, 0.05);
    CHECK_NEAR(im.rgb[2] * 255, 30.95, 0.05);
    rs_image_release(&im);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(webp);
    TEST_RUN(profiles);
    TEST_RUN(cicp);
    TEST_RUN(embedded_profiles);
    TEST_RUN(jpeg);
    tmpdir_close();
    return 0;
}
