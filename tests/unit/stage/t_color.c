/* Colour correction: bytes of CIELAB against OpenCV (all 2^24 both ways were compared
 * once with tools/reference/color.py --exhaust; a sample is kept), whole corrections
 * against A1111's, byte by byte. */
#include <stdint.h>

#include "restyle/img2img.h"
#include "stage/color_lab.h"
#include "stage/color_match.h"
#include "tests/lib/golden.h"

static rs_err err;

static void lab(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/color.safetensors");
    const rs_wtensor *in = golden_find(&g, "bytes");
    const uint8_t *to = golden_find(&g, "rgb2lab")->data, *back = golden_find(&g, "lab2rgb")->data;
    static rs_lab_tables t;
    rs_lab_init(&t);
    CHECK(in->bytes >= 3 * 4096);
    for (size_t i = 0; i < in->bytes; i += 3) {
        uint8_t out[3];
        rs_lab_from_rgb(&t, in->data + i, out);
        CHECK(memcmp(out, to + i, 3) == 0);
        rs_lab_to_rgb(&t, in->data + i, out);
        CHECK(memcmp(out, back + i, 3) == 0);
    }
    golden_close(&g);
}

/* The tensor NAME/what of bytes, [h, w, 3]. */
static rs_image picture(const struct golden *g, const char *name, const char *what)
{
    char full[64];
    rs_image image = { 0 };
    snprintf(full, sizeof full, "%s/%s", name, what);
    const rs_wtensor *t = golden_find(g, full);
    CHECK(t->rank == 3 && t->shape[2] == 3);
    CHECK_OK(rs_image_alloc(&image, (int)t->shape[1], (int)t->shape[0], &err));
    for (size_t i = 0; i < t->bytes; i++)
        image.rgb[i] = (float)t->data[i] / 255.0f;
    return image;
}

static void corrections(void)
{
    static const char *const names[] = { "warm", "dark", "hard", "flat" };
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/color.safetensors");
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        rs_image target = picture(&g, names[k], "target"), p = picture(&g, names[k], "picture");
        rs_image want = picture(&g, names[k], "out");
        const size_t n = (size_t)p.width * (size_t)p.height * 3;
        size_t changed = 0;
        for (size_t i = 0; i < n; i++)
            changed += p.rgb[i] != want.rgb[i];
        CHECK(changed > n / 4);
        CHECK_OK(rs_color_match(g.arena, &target, &p, &err));
        CHECK(memcmp(p.rgb, want.rgb, n * sizeof(float)) == 0);
        rs_image_release(&target);
        rs_image_release(&p);
        rs_image_release(&want);
    }
    golden_close(&g);
}

/* The engine corrects its result, to the init's colours or another picture's. */
static void engine(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/color.safetensors");
    rs_model *m = NULL;
    rs_image init = picture(&g, "hard", "picture"), other = picture(&g, "dark", "target");
    rs_image plain = { 0 }, out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 2;
    CHECK_OK(rs_model_open(RS_SOURCE_DIR "/tests/golden/tiny", NULL, &m, &err));
    for (int k = 0; k < 2; k++) {
        p.color_correction = false;
        CHECK_OK(rs_img2img(m, &p, &init, &plain, NULL, &err));
        p.color_correction = true;
        p.color_target = k ? &other : NULL;
        CHECK_OK(rs_img2img(m, &p, &init, &out, NULL, &err));
        const size_t bytes = (size_t)out.width * (size_t)out.height * 3 * sizeof(float);
        CHECK(memcmp(plain.rgb, out.rgb, bytes) != 0);
        CHECK_OK(rs_color_match(g.arena, k ? &other : &init, &plain, &err));
        CHECK(memcmp(plain.rgb, out.rgb, bytes) == 0);
    }
    rs_image_release(&init);
    rs_image_release(&other);
    rs_image_release(&plain);
    rs_image_release(&out);
    rs_model_close(&m);
    golden_close(&g);
}

int main(void)
{
    TEST_RUN(lab);
    TEST_RUN(corrections);
    TEST_RUN(engine);
    return 0;
}
