/* Masks against A1111's own functions over Pillow and OpenCV: the same bytes. */
#include "media/crop_box.h"
#include "media/mask.h"
#include "media/mask_fill.h"
#include "base/mem.h"
#include "restyle/inpaint.h"
#include "tests/lib/golden.h"

static rs_err err;
static struct golden golden;

/* A tensor [h, w] of bytes. */
static rs_mask mask_of(const char *name)
{
    const rs_wtensor *t = golden_find(&golden, name);
    rs_mask m = { 0 };
    size_t n;
    const float *v = golden_f32(&golden, name, &n);
    CHECK_OK(rs_mask_alloc(&m, (int)t->shape[1], (int)t->shape[0], &err));
    CHECK_INT(n, m.width * m.height);
    for (size_t i = 0; i < n; i++)
        m.v[i] = (uint8_t)v[i];
    return m;
}

/* [h, w, 3] */
static rs_image image_of(const char *name)
{
    const rs_wtensor *t = golden_find(&golden, name);
    rs_image im = { 0 };
    size_t n;
    const float *v = golden_f32(&golden, name, &n);
    CHECK_OK(rs_image_alloc(&im, (int)t->shape[1], (int)t->shape[0], &err));
    for (size_t i = 0; i < n; i++)
        im.rgb[i] = v[i] / 255.0f;
    return im;
}

static void check_same(const rs_mask *got, const char *name)
{
    rs_mask want = mask_of(name);
    CHECK_INT(got->width, want.width);
    CHECK_INT(got->height, want.height);
    for (int i = 0; i < want.width * want.height; i++)
        if (got->v[i] != want.v[i])
            TEST_FAIL("%s: pixel %d, %d is %d, want %d", name, i % want.width, i / want.width, got->v[i],
                      want.v[i]);
    rs_mask_release(&want);
}

static void blur(void)
{
    static const int blurs[][2] = { { 4, 4 }, { 1, 0 }, { 0, 7 }, { 20, 2 } };
    for (size_t i = 0; i < sizeof blurs / sizeof blurs[0]; i++) {
        char name[64];
        rs_mask m = mask_of("mask/in");
        snprintf(name, sizeof name, "mask/blur_%d_%d", blurs[i][0], blurs[i][1]);
        CHECK_OK(rs_mask_blur(&m, blurs[i][0], blurs[i][1], &err));
        check_same(&m, name);
        rs_mask_release(&m);
    }
    rs_mask one = { 0 };
    CHECK_OK(rs_mask_alloc(&one, 1, 1, &err));
    one.v[0] = 77;
    CHECK_OK(rs_mask_blur(&one, 9, 9, &err));
    CHECK_INT(one.v[0], 77);
    CHECK_INT(rs_mask_blur(&one, 100000, 0, &err), RS_E_RANGE);
    rs_mask_release(&one);
}

static void resize(void)
{
    static const int sizes[][2] = { { 64, 64 }, { 20, 24 }, { 48, 16 } };
    static const int latents[][2] = { { 5, 4 }, { 8, 8 }, { 20, 16 } };
    static const rs_resize modes[] = { RS_RESIZE_STRETCH, RS_RESIZE_CROP, RS_RESIZE_FILL };
    rs_mask in = mask_of("mask/in"), out = { 0 };
    char name[64];
    for (int i = 0; i < 3; i++) {
        for (int mode = 0; mode < 3; mode++) {
            snprintf(name, sizeof name, "mask/resize_%d_%dx%d", mode, sizes[i][0], sizes[i][1]);
            CHECK_OK(rs_mask_resize(&out, &in, sizes[i][0], sizes[i][1], modes[mode], RS_FILTER_LANCZOS,
                                    &err));
            check_same(&out, name);
        }
        snprintf(name, sizeof name, "mask/latent_%dx%d", latents[i][0], latents[i][1]);
        CHECK_OK(rs_mask_resize(&out, &in, latents[i][0], latents[i][1], RS_RESIZE_STRETCH, RS_FILTER_BICUBIC,
                                &err));
        check_same(&out, name);
    }
    rs_mask_release(&in);
    rs_mask_release(&out);
}

static void from_pictures(void)
{
    rs_image im = image_of("mask/picture");
    rs_mask m = { 0 };
    size_t n;
    CHECK_OK(rs_mask_from_image(&m, &im, true, &err));
    check_same(&m, "mask/picture_as_mask");
    const float *alpha = golden_f32(&golden, "mask/alpha", &n);
    im.alpha = rs_alloc(n * sizeof(float));
    for (size_t i = 0; i < n; i++)
        im.alpha[i] = alpha[i] / 255.0f;
    CHECK_OK(rs_mask_from_image(&m, &im, true, &err));
    check_same(&m, "mask/alpha_rounded");
    CHECK_OK(rs_mask_from_image(&m, &im, false, &err));
    check_same(&m, "mask/alpha");
    rs_mask_invert(&m);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(m.v[i], 255 - (int)alpha[i]);
    rs_mask_release(&m);
    rs_image_release(&im);
}

static void from_color(void)
{
    const float px[] = { 0, 1, 0, 0.02f, 0.98f, 0, 0.2f, 1, 0, 1, 0, 0 };
    rs_image im = { 0 };
    rs_mask m = { 0 };
    CHECK_OK(rs_image_alloc(&im, 4, 1, &err));
    memcpy(im.rgb, px, sizeof px);
    CHECK_OK(rs_mask_from_color(&m, &im, (const uint8_t[3]){ 0, 255, 0 }, 5, &err));
    CHECK(m.v[0] == 255 && m.v[1] == 255 && m.v[2] == 0 && m.v[3] == 0);
    CHECK_OK(rs_mask_from_color(&m, &im, (const uint8_t[3]){ 0, 255, 0 }, 51, &err));
    CHECK(m.v[2] == 255 && m.v[3] == 0);
    rs_mask_release(&m);
    rs_image_release(&im);
}

static void fill(void)
{
    static const char *const cases[] = { "hard", "soft", "wide" };
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "fill/%s/picture", cases[i]);
        rs_image im = image_of(name);
        snprintf(name, sizeof name, "fill/%s/mask", cases[i]);
        rs_mask m = mask_of(name);
        snprintf(name, sizeof name, "fill/%s/out", cases[i]);
        rs_image want = image_of(name);
        im.rgb[0] += 0.0005f; /* less than a step of 8 bits: kept where the mask is 0 */
        const float kept = im.rgb[0];
        CHECK_INT(m.v[0], 0);
        CHECK_OK(rs_mask_fill(&im, &m, &err));
        CHECK(im.rgb[0] == kept);
        im.rgb[0] = want.rgb[0];
        for (int k = 0; k < 3 * im.width * im.height; k++)
            if (im.rgb[k] != want.rgb[k])
                TEST_FAIL("%s: value %d is %g, want %g", name, k, (double)im.rgb[k] * 255,
                          (double)want.rgb[k] * 255);
        rs_image_release(&im);
        rs_image_release(&want);
        rs_mask_release(&m);
    }
}

static rs_box box_at(const int64_t *v)
{
    return (rs_box){ (int)v[0], (int)v[1], (int)v[2], (int)v[3] };
}

static bool same_box(rs_box a, rs_box b)
{
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
}

static void boxes(void)
{
    size_t n;
    const int64_t *row = golden_i64(&golden, "boxes", &n);
    CHECK(n == 300 * 17);
    for (int i = 0; i < 300; i++, row += 17) {
        const rs_size size = { (int)row[0], (int)row[1] }, to = { (int)row[7], (int)row[8] };
        rs_mask m = { 0 };
        rs_box b = { 0 };
        CHECK_OK(rs_mask_alloc(&m, size.width, size.height, &err));
        memset(m.v, 0, (size_t)size.width * (size_t)size.height);
        CHECK(!rs_mask_box(&m, &b));
        for (int y = (int)row[3]; y < row[5]; y++)
            memset(m.v + (size_t)y * (size_t)size.width + row[2], 1, (size_t)(row[4] - row[2]));
        CHECK(rs_mask_box(&m, &b) && same_box(b, box_at(row + 2)));
        b = rs_box_pad(b, (int)row[6], size);
        CHECK(same_box(b, box_at(row + 9)));
        b = rs_box_expand(b, to, size);
        if (!same_box(b, box_at(row + 13)))
            TEST_FAIL("row %d: %d %d %d %d", i, b.x1, b.y1, b.x2, b.y2);
        rs_mask_release(&m);
    }
}

/* A box that jumps is followed slowly, and never shows less than the mask. */
static void smoothing(void)
{
    const rs_box a = { 10, 10, 50, 50 }, b = { 20, 10, 60, 50 }, least = { 25, 15, 58, 45 };
    CHECK(same_box(rs_box_smooth(a, b, 0, b), b));
    CHECK(same_box(rs_box_smooth(a, b, 1, a), a));
    CHECK(same_box(rs_box_smooth(a, b, 0.5f, a), (rs_box){ 10, 10, 55, 50 }));
    CHECK(same_box(rs_box_smooth(a, b, 0.5f, least), (rs_box){ 15, 10, 58, 50 }));
}

int main(void)
{
    golden = golden_open(RS_SOURCE_DIR "/tests/golden/inpaint.safetensors");
    TEST_RUN(blur);
    TEST_RUN(resize);
    TEST_RUN(from_pictures);
    TEST_RUN(from_color);
    TEST_RUN(fill);
    TEST_RUN(boxes);
    TEST_RUN(smoothing);
    golden_close(&golden);
    return 0;
}
