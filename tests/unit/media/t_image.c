/* Reading and writing pictures: every PNG type, transparency, text, damage, EXIF. */
#include <png.h>
#include <setjmp.h>

#include "base/natural.h"
#include "base/mem.h"
#include "media/alpha.h"
#include "media/png_io.h"
#include "tests/unit/media/media_test.h"

enum { W = 13, H = 11 };

/* Sample c of pixel (x, y), in a range of `bits`; also an index for palettes. */
static unsigned sample(int x, int y, int c, int bits)
{
    const unsigned v = (unsigned)(x * 31 + y * 57 + c * 101) * 2654435761u;
    return v >> (32 - bits);
}

static void put(png_bytep row, int i, int bits, unsigned v)
{
    if (bits == 16) {
        row[2 * i] = (png_byte)(v >> 8);
        row[2 * i + 1] = (png_byte)v;
    } else {
        const int shift = 8 - bits - i * bits % 8;
        row[i * bits / 8] = (png_byte)(row[i * bits / 8] | v << shift);
    }
}

static png_color palette_color(unsigned i)
{
    return (png_color){ (png_byte)(i * 37), (png_byte)(255 - i * 11), (png_byte)(i * i) };
}

static void write_png(const char *path, int type, int bits, int interlaced, int trns)
{
    FILE *f = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    CHECK(f && png && info && !setjmp(png_jmpbuf(png)));
    png_init_io(png, f);
    png_set_IHDR(png, info, W, H, bits, type, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 0, 0);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_color pal[256];
        png_byte alpha[2] = { 0, 128 };
        for (unsigned i = 0; i < 256; i++)
            pal[i] = palette_color(i);
        png_set_PLTE(png, info, pal, 1 << bits);
        if (trns)
            png_set_tRNS(png, info, alpha, 2, NULL);
    }
    png_write_info(png, info);
    const int channels = png_get_channels(png, info), passes = png_set_interlace_handling(png);
    for (int p = 0; p < passes; p++) {
        for (int y = 0; y < H; y++) {
            png_byte row[W * 8] = { 0 };
            for (int x = 0; x < W; x++)
                for (int c = 0; c < channels; c++)
                    put(row, x * channels + c, bits, sample(x, y, c, bits));
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(f);
}

static double expected(int x, int y, int c, int type, int bits, int trns)
{
    const double top = (double)((1u << bits) - 1);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        const unsigned i = sample(x, y, 0, bits);
        const png_color p = palette_color(i);
        const double v = (c == 0 ? p.red : c == 1 ? p.green : p.blue) / 255.0;
        const double a = trns && i == 0 ? 0 : trns && i == 1 ? 128 / 255.0 : 1;
        return v * a + 1 - a;
    }
    const int gray = !(type & PNG_COLOR_MASK_COLOR);
    const double v = sample(x, y, gray ? 0 : c, bits) / top;
    if (!(type & PNG_COLOR_MASK_ALPHA))
        return v;
    const double a = sample(x, y, gray ? 1 : 3, bits) / top;
    return v * a + 1 - a;
}

static void every_png_type(void)
{
    static const struct { int type, bits, trns; } types[] = {
        { PNG_COLOR_TYPE_GRAY, 1, 0 },       { PNG_COLOR_TYPE_GRAY, 2, 0 },
        { PNG_COLOR_TYPE_GRAY, 4, 0 },       { PNG_COLOR_TYPE_GRAY, 8, 0 },
        { PNG_COLOR_TYPE_GRAY, 16, 0 },      { PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0 },
        { PNG_COLOR_TYPE_GRAY_ALPHA, 16, 0 }, { PNG_COLOR_TYPE_PALETTE, 1, 1 },
        { PNG_COLOR_TYPE_PALETTE, 4, 0 },    { PNG_COLOR_TYPE_PALETTE, 8, 1 },
        { PNG_COLOR_TYPE_RGB, 8, 0 },        { PNG_COLOR_TYPE_RGB, 16, 0 },
        { PNG_COLOR_TYPE_RGB_ALPHA, 8, 0 },  { PNG_COLOR_TYPE_RGB_ALPHA, 16, 0 },
    };
    rs_err err = { 0 };
    for (size_t i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
        const int type = types[i / 2].type, bits = types[i / 2].bits, trns = types[i / 2].trns;
        rs_image im = { 0 };
        write_png(tmp("type.png"), type, bits, (int)(i % 2), trns);
        CHECK_OK(rs_image_read(tmp("type.png"), &im, &err));
        CHECK_INT(im.width, W);
        CHECK_INT(im.height, H);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 3; c++)
                    CHECK_NEAR(im.rgb[(y * W + x) * 3 + c], expected(x, y, c, type, bits, trns),
                               1e-6);
        rs_image_release(&im);
    }
}

static void write_rounds_and_clamps(void)
{
    static const float in[] = { -1.0f, 0.0f, 0.5f / 255, 0.49f / 255, 254.5f / 255, 7.0f, NAN, 1.0f,
                                100.4f / 255 };
    static const int want[] = { 0, 0, 1, 0, 255, 255, 0, 255, 100 };
    rs_err err = { 0 };
    rs_image im = { 0 }, back = { 0 };
    CHECK_OK(rs_image_alloc(&im, 3, 1, &err));
    memcpy(im.rgb, in, sizeof(in));
    CHECK_OK(rs_image_write_png(tmp("r.png"), &im, NULL, &err));
    CHECK_OK(rs_image_read(tmp("r.png"), &back, &err));
    for (int i = 0; i < 9; i++)
        CHECK_NEAR(back.rgb[i] * 255.0f, want[i], 1e-4);
    rs_image_release(&im);
    rs_image_release(&back);
}

static int contains(const unsigned char *data, size_t n, const char *what, size_t m)
{
    for (size_t i = 0; i + m <= n; i++)
        if (memcmp(data + i, what, m) == 0)
            return 1;
    return 0;
}

static void text_chunk(void)
{
    rs_err err = { 0 };
    rs_image im = { 0 };
    size_t n;
    CHECK_OK(rs_image_alloc(&im, 8, 8, &err));
    paint(&im, 0);
    CHECK_OK(rs_image_write_png(tmp("t.png"), &im, "a cat\nSteps: 20", &err));
    unsigned char *d = slurp(tmp("t.png"), &n);
    CHECK(contains(d, n, "tEXtparameters\0a cat\nSteps: 20", 30));
    free(d);
    CHECK_OK(rs_image_write_png(tmp("t.png"), &im, "caf\xc3\xa9", &err));
    d = slurp(tmp("t.png"), &n);
    CHECK(contains(d, n, "iTXtparameters\0\0\0\0\0caf\xc3\xa9", 24));
    free(d);
    rs_image_release(&im);
}

/* What a job keeps of a frame: 8 or 16 bits come back to the bit, transparency and the
 * colours that it hides as well. */
static void png_as_is(void)
{
    rs_err err = { 0 };
    for (int bits = 8; bits <= 16; bits += 8) {
        for (int alpha = 0; alpha < 2; alpha++) {
            const float top = bits == 8 ? 255.0f : 65535.0f;
            rs_image im = { 0 }, back = { 0 };
            uint8_t *png = NULL;
            size_t n;
            CHECK_OK(rs_image_alloc(&im, 17, 5, &err));
            if (alpha)
                CHECK_OK(rs_alpha_alloc(&im, &err));
            for (int i = 0; i < 17 * 5 * 3; i++)
                im.rgb[i] = (float)(i * 8191 % ((int)top + 1)) / top;
            for (int i = 0; alpha && i < 17 * 5; i++)
                im.alpha[i] = (float)(i * 251 % ((int)top + 1)) / top;
            const rs_png_options o = { .bits = bits, .alpha = true, .fast = true, .text = { "x", NULL } };
            CHECK_OK(rs_png_encode(&im, &o, &png, &n, &err));
            CHECK_OK(rs_png_decode_as_is(png, n, "x.png", &back, &err));
            CHECK(back.width == 17 && back.height == 5 && !back.alpha == !alpha);
            CHECK(memcmp(back.rgb, im.rgb, 17 * 5 * 3 * sizeof(float)) == 0);
            CHECK(!alpha || memcmp(back.alpha, im.alpha, 17 * 5 * sizeof(float)) == 0);
            rs_free(png);
            rs_image_release(&im);
            rs_image_release(&back);
        }
    }
}

/* Every truncation and many flipped bytes: an error or a picture, never a crash. */
static void damaged_png(void)
{
    rs_err err = { 0 };
    size_t n;
    unsigned char *d = slurp(GOLDEN("resize_crop_33x17.png"), &n);
    for (size_t cut = 1; cut < n; cut += cut < 100 ? 1 : 13) {
        rs_image im = { 0 };
        const rs_status s = rs_png_decode(d, cut, "x.png", &im, &err);
        CHECK(s != RS_OK || cut > n - 13); /* the end chunk alone may be missing */
        CHECK(s == RS_OK || (strstr(err.msg, "x.png") && !im.rgb));
        rs_image_release(&im);
    }
    for (size_t i = 8; i < n; i += 5) {
        rs_image im = { 0 };
        d[i] ^= 0x55;
        CHECK(rs_png_decode(d, n, "x.png", &im, &err) != RS_OK || i > 33);
        d[i] ^= 0x55;
        rs_image_release(&im);
    }
    free(d);
}

static void png_bomb(void)
{
    /* 32000 x 32000 in 60 bytes */
    rs_err err = { 0 };
    rs_image im = { 0 };
    size_t n;
    unsigned char *d = slurp(GOLDEN("resize_crop_33x17.png"), &n);
    static const unsigned char size[] = { 0, 0, 0x7d, 0, 0, 0, 0x7d, 0 };
    static const unsigned char crc[] = { 0x0c, 0xe0, 0x45, 0x5a };
    memcpy(d + 16, size, sizeof(size));
    memcpy(d + 29, crc, sizeof(crc));
    CHECK_INT(rs_png_decode(d, 300, "bomb.png", &im, &err), RS_E_CORRUPT);
    CHECK(strstr(err.msg, "too small for the size"));
    free(d);
}

static void not_a_picture(void)
{
    static const struct {
        const char *name, *data;
        size_t n;
        rs_status want;
        const char *says;
    } cases[] = {
        { "empty.png", "", 0, RS_E_FORMAT, "is empty" },
        { "text.png", "hello, this is a text\n", 22, RS_E_CORRUPT, "first frame" },
        { "half.jpg", "\xff\xd8\xff\xe0\0\x10JFIF\0", 11, RS_E_CORRUPT, "truncated" },
        { "list.m3u8",
          "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n", 70,
          RS_E_FORMAT, "list.m3u8" },
    };
    rs_err err = { 0 };
    rs_image im = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tmpdir_write(cases[i].name, cases[i].data, cases[i].n);
        const rs_status s = rs_image_read(tmp(cases[i].name), &im, &err);
        CHECK_INT(s, cases[i].want);
        CHECK(strstr(err.msg, cases[i].says));
        CHECK(!im.rgb);
    }
    CHECK_INT(rs_image_read(tmp("none.png"), &im, &err), RS_E_NOTFOUND);
    CHECK_INT(rs_image_read("/tmp", &im, &err), RS_E_IO);
    CHECK(strstr(err.msg, "folder"));
}

/* Where pixel (x, y) of the upright picture stands in a [h, w] file. The EXIF
 * standard words an orientation as the sides that row 0 and column 0 are seen at:
 * 1 top left, 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top,
 * 7 right bottom, 8 left bottom. */
static void stored_at(int orientation, int w, int h, int x, int y, int *sx, int *sy)
{
    static const int row_far[9] = { 0, 0, 0, 1, 1, 0, 1, 1, 0 };
    static const int column_far[9] = { 0, 0, 1, 1, 0, 0, 0, 1, 1 };
    *sy = orientation < 5 ? y : x;
    *sx = orientation < 5 ? x : y;
    *sy = row_far[orientation] ? h - 1 - *sy : *sy;
    *sx = column_far[orientation] ? w - 1 - *sx : *sx;
}

static void exif_orientation(void)
{
    rs_err err = { 0 };
    rs_image plain = { 0 };
    size_t n, at = 0;
    unsigned char *d = slurp(GOLDEN("oriented.jpg"), &n);
    for (size_t i = 0; i + 10 < n && !at; i++) /* tag 0x0112, type 3, count 1, either byte order */
        if (memcmp(d + i, "\x01\x12\x00\x03\x00\x00\x00\x01", 8) == 0)
            at = i + 9;
        else if (memcmp(d + i, "\x12\x01\x03\x00\x01\x00\x00\x00", 8) == 0)
            at = i + 8;
    CHECK(at && d[at] == 6);
    for (int o = 1; o <= 8; o++) {
        rs_image im = { 0 };
        d[at] = (unsigned char)o;
        tmpdir_write("o.jpg", d, n);
        CHECK_OK(rs_image_read(tmp("o.jpg"), &im, &err));
        if (o == 1)
            plain = im;
        CHECK_INT(im.width, o < 5 ? 48 : 32);
        CHECK_INT(im.height, o < 5 ? 32 : 48);
        for (int y = 0; y < im.height; y++) {
            for (int x = 0; x < im.width; x++) {
                int sx, sy;
                stored_at(o, 48, 32, x, y, &sx, &sy);
                if (memcmp(im.rgb + (y * im.width + x) * 3, plain.rgb + (sy * 48 + sx) * 3, 12) !=
                    0)
                    TEST_FAIL("orientation %d: pixel %d,%d is not %d,%d of the file", o, x, y, sx,
                              sy);
            }
        }
        if (o != 1)
            rs_image_release(&im);
    }
    rs_image_release(&plain);
    free(d);
}

static void truncated_jpeg(void)
{
    rs_err err = { 0 };
    rs_image im = { 0 };
    size_t n;
    unsigned char *d = slurp(GOLDEN("oriented.jpg"), &n);
    tmpdir_write("cut.jpg", d, n * 3 / 4);
    CHECK_INT(rs_image_read(tmp("cut.jpg"), &im, &err), RS_E_CORRUPT);
    CHECK(strstr(err.msg, "truncated"));
    free(d);
}

static void first_frame_of_a_film(void)
{
    rs_err err = { 0 };
    rs_image im = { 0 };
    CHECK_OK(rs_image_read(CLIP, &im, &err));
    CHECK_INT(im.width, 480);
    CHECK_INT(im.height, 360);
    rs_image_release(&im);
}

static void natural_order(void)
{
    static const char *const sorted[] = {
        "",        "01.png",   "1.png",     "2.png",    "10.png",  "A1.png",
        "a2.png",  "a2b9.png", "a2b10.png", "a10.png",  "b",       "b.png",
        "frame 9", "frame 10", "x8888888888888888888888", "x8888888888888888888889",
    };
    const int n = (int)(sizeof(sorted) / sizeof(sorted[0]));
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            const int c = rs_natural_cmp(sorted[i], sorted[j]);
            if ((c > 0) - (c < 0) != (i > j) - (i < j))
                TEST_FAIL("'%s' against '%s': %d", sorted[i], sorted[j], c);
        }
    }
    CHECK(rs_natural_cmp("x", "X") != 0); /* never equal unless the same */
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(every_png_type);
    TEST_RUN(write_rounds_and_clamps);
    TEST_RUN(text_chunk);
    TEST_RUN(png_as_is);
    TEST_RUN(damaged_png);
    TEST_RUN(png_bomb);
    TEST_RUN(not_a_picture);
    TEST_RUN(exif_orientation);
    TEST_RUN(truncated_jpeg);
    TEST_RUN(first_frame_of_a_film);
    TEST_RUN(natural_order);
    tmpdir_close();
    return 0;
}
