/* Single pictures: JPEG, WebP and TIFF files, and the texts in all four formats,
 * against files of Pillow and piexif (tools/reference/infotext_pictures.py). */
#include "base/fs.h"
#include "base/mem.h"
#include "media/still_encode.h"
#include "media/still_size.h"
#include "media/still_text.h"
#include "tests/unit/media/media_test.h"

#define FILES RS_SOURCE_DIR "/tests/golden/infotext/"
#define TEXT "caf\xc3\xa9 \xf0\x9f\x8e\xa8\nNegative prompt: \xe6\x82\xaa\xe3\x81\x84\n" LAST
#define BOTH { TEXT, "img2img:\n  prompt: \"caf\xc3\xa9\"\n" }
#define LAST "Steps: 20, Sampler: Euler a, Seed: 1, Size: 8x8"

static rs_err err;

static void others_files(void)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { FILES "a1111.jpg", TEXT },      { FILES "a1111.webp", TEXT },
        { FILES "little.jpg", TEXT },     { FILES "ascii.jpg", "cafe\n" LAST },
        { FILES "none.jpg", NULL },       { FILES "none.webp", NULL },
        { FILES "text.png", "caf\xc3\xa9\n" LAST }, { FILES "ztext.png", "caf\xc3\xa9\n" LAST },
        { FILES "itext.png", TEXT },      { FILES "zitext.png", TEXT },
        { FILES "behind.png", TEXT },     { FILES "pillow.tif", TEXT },
        { FILES "none.tif", NULL },
    };
    rs_arena *arena = rs_arena_open(4096);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        rs_map map;
        rs_picture_text text = { "?", "?" };
        CHECK_OK(rs_map_open(files[i].name, &map, &err));
        CHECK_OK(rs_still_text(arena, map.data, map.size, files[i].name, &text, &err));
        if (files[i].text)
            CHECK_STR(text.parameters ? text.parameters : "(none)", files[i].text);
        else
            CHECK(!text.parameters);
        CHECK(!text.pipeline);
        rs_map_close(&map);
    }
    rs_picture_text text;
    CHECK_INT(rs_still_text(arena, (const uint8_t *)"GIF89a", 6, "x.gif", &text, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "'x.gif' is no PNG, JPEG, WebP or TIFF picture: others carry no parameters");
    rs_arena_close(&arena);
}

/* Smooth colours and an edge. */
static rs_image picture(void)
{
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, 67, 45, &err));
    for (int y = 0; y < im.height; y++)
        for (int x = 0; x < im.width; x++) {
            float *p = im.rgb + (y * im.width + x) * 3;
            p[0] = 0.5f + 0.4f * sinf((float)x / 9);
            p[1] = (float)y / 45;
            p[2] = x > 30 ? 0.2f : 0.6f;
        }
    return im;
}

/* Encodes, checks the text, decodes; returns the difference in steps of 255. */
static double round_trip(const char *name, rs_still_options o, size_t *size)
{
    rs_image im = picture(), back = { 0 };
    rs_arena *arena = rs_arena_open(4096);
    uint8_t *data = NULL;
    rs_picture_text text;
    double rms, max;
    CHECK_OK(rs_still_encode(rs_picture_format_of(name), &im, &o, &data, size, &err));
    CHECK_OK(rs_still_text(arena, data, *size, name, &text, &err));
    CHECK(!o.text.parameters == !text.parameters && !o.text.pipeline == !text.pipeline);
    if (text.parameters)
        CHECK_STR(text.parameters, o.text.parameters);
    if (text.pipeline)
        CHECK_STR(text.pipeline, o.text.pipeline);
    CHECK_OK(rs_write_file(tmp(name), data, *size, &err));
    CHECK_OK(rs_image_read(tmp(name), &back, &err));
    compare(&im, &back, &rms, &max);
    rs_free(data);
    rs_image_release(&im);
    rs_image_release(&back);
    rs_arena_close(&arena);
    return rms;
}

static void formats(void)
{
    size_t n, less;
    /* rounding to 8 bits only: at most half a step anywhere */
    CHECK(round_trip("a.png", (rs_still_options){ .quality = 1, .text = BOTH }, &n) < 0.3);
    CHECK(round_trip("a.webp", (rs_still_options){ .quality = 1, .lossless = true, .text = BOTH }, &n) < 0.3);
    CHECK(round_trip("b.webp", (rs_still_options){ .quality = 90 }, &n) < 6);
    CHECK(round_trip("c.webp", (rs_still_options){ .quality = 30 }, &less) < 10);
    CHECK(less < n);
    CHECK(round_trip("d.webp", (rs_still_options){ .quality = 90, .text = BOTH }, &n) < 6);
    CHECK(round_trip("a.jpg", (rs_still_options){ .quality = 95 }, &n) < 5);
    CHECK(round_trip("b.JPEG", (rs_still_options){ .quality = 30 }, &less) < 12);
    CHECK(less < n);
    CHECK(round_trip("c.jpg", (rs_still_options){ .quality = 95, .text = BOTH }, &n) < 5);
    CHECK(round_trip("d.jpg", (rs_still_options){ .quality = 95, .text = { .pipeline = "odd" } }, &n) < 5);
    CHECK(round_trip("a.tif", (rs_still_options){ .bits = 8 }, &less) < 0.3);
    CHECK(round_trip("b.tif", (rs_still_options){ .bits = 8, .text = BOTH }, &n) < 0.3);
    CHECK(less < n && n < less + 600); /* the directory moves, the picture stays */
    CHECK(round_trip("c.tiff", (rs_still_options){ .bits = 16, .text = { TEXT, NULL } }, &n) < 0.002);
    CHECK(round_trip("e.png", (rs_still_options){ .text = { .pipeline = "odd" } }, &n) < 0.3);
}

/* The quantisation tables that Pillow writes, but for the first value. The file
 * has them in zigzag order; given here are places 1 to 5 and 63 of it. */
static void jpeg_tables(void)
{
    static const struct {
        int quality;
        uint8_t luma[6], chroma[6];
    } want[] = {
        { 80, { 4, 5, 6, 5, 4, 40 }, { 7, 7, 10, 8, 10, 40 } },
        { 30, { 18, 20, 23, 20, 17, 164 }, { 30, 30, 40, 35, 40, 164 } },
    };
    rs_image im = picture();
    for (size_t q = 0; q < 2; q++) {
        const rs_still_options o = { .quality = want[q].quality };
        uint8_t *d = NULL;
        size_t n, tables = 0;
        CHECK_OK(rs_still_encode(RS_PICTURE_JPEG, &im, &o, &d, &n, &err));
        for (size_t pos = 2, end; pos + 4 < n && d[pos + 1] != 0xda; pos = end) {
            end = pos + 2 + ((size_t)d[pos + 2] << 8 | d[pos + 3]);
            for (size_t t = pos + 4; d[pos + 1] == 0xdb && t + 65 <= end; t += 65, tables++) {
                const uint8_t *v = d[t] == 0 ? want[q].luma : want[q].chroma;
                CHECK(memcmp(d + t + 2, v, 5) == 0);
                CHECK_INT(d[t + 64], v[5]);
            }
        }
        CHECK_INT(tables, 2);
        rs_free(d);
    }
    rs_image_release(&im);
}

static void too_much_text(void)
{
    rs_image im = picture();
    static char text[40001];
    memset(text, 'x', sizeof(text) - 1);
    uint8_t *data = NULL;
    size_t n;
    rs_still_options o = { .quality = 80, .text = { text, NULL } };
    CHECK_INT(rs_still_encode(RS_PICTURE_JPEG, &im, &o, &data, &n, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "infotext.write: false") && !data);
    text[30000] = '\0'; /* fits alone */
    o.text.pipeline = text;
    CHECK_OK(rs_still_encode(RS_PICTURE_JPEG, &im, &o, &data, &n, &err));
    rs_arena *arena = rs_arena_open(4096);
    rs_picture_text said;
    CHECK_OK(rs_still_text(arena, data, n, "x.jpg", &said, &err));
    CHECK_STR(said.parameters, text);
    CHECK(!said.pipeline);
    rs_arena_close(&arena);
    rs_free(data);
    CHECK_OK(rs_still_encode(RS_PICTURE_WEBP, &im, &o, &data, &n, &err));
    rs_free(data);
    rs_image_release(&im);
}

/* tests/fuzz/corpus/still_size: a picture of 37x21 as Pillow writes it, and broken headers. */
static void sizes(void)
{
    static const struct {
        const char *name;
        int width, height;
    } files[] = {
        { "rgb.png", 37, 21 },      { "rgb.tiff", 37, 21 },      { "big_endian.tiff", 37, 21 },
        { "rgb.bmp", 37, 21 },      { "lossy.webp", 37, 21 },    { "lossless.webp", 37, 21 },
        { "extended.webp", 37, 21 }, { "progressive.jpg", 37, 21 }, { "turned.jpg", 21, 37 },
        { "cut.jpg", 0, 0 },        { "ifd_outside.tiff", 0, 0 }, { "zero.bmp", 0, 0 },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[1024];
        rs_map map;
        rs_size size = { 0 };
        snprintf(path, sizeof(path), RS_SOURCE_DIR "/tests/fuzz/corpus/still_size/%s", files[i].name);
        CHECK_OK(rs_map_open(path, &map, &err));
        if (rs_still_size(map.data, map.size, &size) != (files[i].width > 0) ||
            size.width != files[i].width || size.height != files[i].height)
            TEST_FAIL("%s: %dx%d", files[i].name, size.width, size.height);
        rs_map_close(&map);
    }
}

int main(void)
{
    TEST_RUN(others_files);
    TEST_RUN(formats);
    TEST_RUN(jpeg_tables);
    TEST_RUN(too_much_text);
    TEST_RUN(sizes);
    return 0;
}
