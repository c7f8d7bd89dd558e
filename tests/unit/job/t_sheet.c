/* Contact sheets: axes as A1111's X/Y/Z plot reads them, frames that are spread and unlike
 * each other, labels, and a whole sheet. */

#include "base/fs.h"
#include "job/pick_frames.h"
#include "job/sheet_axis.h"
#include "media/label.h"
#include "restyle/sheet.h"
#include "tests/unit/media/media_test.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"

static rs_err err;
static rs_arena *names;
static const rs_source_options plain;
static char in[1024], sheet_png[1024], again_png[1024];

static void axes(void)
{
    static const struct {
        const char *text, *key, *values; /* joined by | */
    } good[] = {
        { "strength=0.3,0.5,0.7", "img2img.strength", "0.3|0.5|0.7" },
        { "loopback.blend= 0.1 , 1", "loopback.blend", "0.1|1" },
        { "size=64x64,96x64", "size", "64x64|96x64" },
        { "prompt=\"a, b\",c d , \"e\"\"f\",\"\"", "img2img.prompt", "a, b|c d|e\"f|" },
        { "prompt_sr=cat,dog,3-5", NULL, "cat|dog|3-5" },
        { "steps=1-5", "img2img.steps", "1|2|3|4|5" },
        { "steps=1-5 (+2),9", "img2img.steps", "1|3|5|9" },
        { "cfg_scale=10-5 (-2)", "img2img.cfg_scale", "10|8|6" },
        { "strength=0-1 [3]", "img2img.strength", "0|0.5|1" },
        { "strength=0.1-0.3 (+0.1)", "img2img.strength", "0.1|0.2|0.3" },
    };
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "strength", "expected KEY=VALUE" },        { "=1", "there is no key ''" },
        { "strenght=1", "there is no key" },         { "strength=0.3,,1", "an empty value" },
        { "strength=", "an empty value" },           { "prompt=\"a", "a quote that does not end" },
        { "prompt=\"a\"b", "text behind a quote" },  { "steps=5-1", "ends before it begins" },
        { "prompt_sr=\"\",x", "is searched for" },   { "steps=1-999", "more than 256 values" },
    };
    rs_arena *arena = rs_arena_open(1 << 16);
    CHECK(arena);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        rs_sheet_axis a;
        char joined[256] = "";
        CHECK_OK(rs_sheet_axis_parse(arena, good[i].text, &a, &err));
        for (int k = 0; k < a.n; k++)
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), k ? "|%s" : "%s", a.values[k]);
        CHECK_STR(joined, good[i].values);
        CHECK(!a.key == !good[i].key && (!a.key || strcmp(a.key, good[i].key) == 0));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rs_sheet_axis a;
        CHECK(rs_sheet_axis_parse(arena, bad[i].text, &a, &err) != RS_OK);
        if (!strstr(err.msg, bad[i].says))
            TEST_FAIL("%s: got '%s', expected '%s'", bad[i].text, err.msg, bad[i].says);
    }
    CHECK_STR(rs_sheet_replace(arena, "a cat, the cat", "cat", "tiger"), "a tiger, the tiger");
    CHECK_STR(rs_sheet_replace(arena, "cats", "dog", "x"), "cats");
    rs_arena_close(&arena);
}

/* I is a column between two bars: 5x7, the last column empty. */
static void labels(void)
{
    static const char *const rows[] = { ".###..", "..#...", "..#...", "..#...", "..#...", "..#...",
                                        ".###..", "......" };
    rs_image im = { 0 };
    CHECK_INT(rs_label_width("ab\xc3\xa4", 2), 3 * RS_LABEL_W * 2);
    CHECK_OK(rs_image_alloc(&im, 12, 16, &err));
    for (int i = 0; i < 12 * 16 * 3; i++)
        im.rgb[i] = 1.0f;
    rs_label_draw(&im, 0, 0, 2, "I");
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 12; x++)
            CHECK_NEAR(im.rgb[(y * 12 + x) * 3], rows[y / 2][x / 2] == '#' ? 0 : 1, 0);
    rs_label_draw(&im, -8, -8, 3, "#\x01 outside"); /* nothing beyond the picture */
    rs_image_release(&im);
}

/* 24 frames: 20 alike, then a red one, a black one, a blue one and one more of the first kind. */
static void make_frames(void)
{
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, 16, 16, &err));
    for (int f = 0; f < 24; f++) {
        char name[32];
        for (int i = 0; i < 16 * 16 * 3; i++) {
            const float wave = 0.5f + 0.3f * (float)(i / 24 % 2);
            im.rgb[i] = f == 21 ? 0.0f : f == 20 && i % 3 ? 0.1f : f == 22 && i % 3 < 2 ? 0.1f : wave;
        }
        snprintf(name, sizeof name, "in/%02d.png", f);
        CHECK_OK(rs_image_write_png(tmp(name), &im, NULL, &err));
    }
    rs_image_release(&im);
}

static void frames(void)
{
    rs_frame picked[24];
    int n;
    rs_source_info all;
    bool red = false, blue = false, early = false;
    CHECK_OK(rs_pick_frames(names, in, &plain, 4, picked, &n, &all, &err));
    CHECK_INT(all.n_frames, 24);
    CHECK_INT(n, 4);
    for (int i = 0; i < n; i++) {
        CHECK(i == 0 || picked[i].index > picked[i - 1].index);
        CHECK(picked[i].index != 21); /* black */
        red = red || picked[i].index == 20;
        blue = blue || picked[i].index == 22;
        early = early || picked[i].index < 6;
        CHECK_INT(picked[i].image.width, 16);
        rs_image_release(&picked[i].image);
    }
    CHECK(red && blue && early);
    CHECK_OK(rs_pick_frames(names, in, &plain, 24, picked, &n, &all, &err));
    CHECK_INT(n, 24); /* no more than there are, the black one too */
    for (int i = 0; i < n; i++) {
        CHECK_INT(picked[i].index, i);
        CHECK_INT(strtol(picked[i].name, NULL, 10), i); /* "07.png" */
        rs_image_release(&picked[i].image);
    }
    CHECK(rs_pick_frames(names, tmp("none"), &plain, 4, picked, &n, &all, &err) != RS_OK);
}

struct text {
    char data[4096];
    size_t n;
};

static void put_text(void *cookie, const char *data, size_t len)
{
    struct text *t = cookie;
    CHECK(t->n + len < sizeof t->data);
    memcpy(t->data + t->n, data, len);
    t->n += len;
    t->data[t->n] = '\0';
}

static int n_lines(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += *s == '\n';
    return n;
}

/* The picture at column x, row y of the sheet's only block: that of img2img itself. */
static void cell_is(const rs_image *sheet, int col, int row, const rs_image *want)
{
    const int left = 8 + 16 * 12 + col * (16 + 8), top = 8 + 20 + 20 + row * (16 + 20 + 8);
    for (int y = 0; y < 16; y++)
        for (int i = 0; i < 16 * 3; i++)
            CHECK_NEAR(sheet->rgb[((top + y) * sheet->width + left) * 3 + i], want->rgb[y * 48 + i],
                       0.51 / 255);
}

static void whole(void)
{
    const char *vary[] = { "strength=0.5,1", "prompt_sr=cat,dog" };
    const rs_override set[] = { { "--model", "model", TINY },
                                { "--input", "input", in },
                                { "--set", "img2img.prompt", "a cat" },
                                { "--set", "img2img.steps", "2" } };
    const rs_pipeline_source source = { .overrides = set, .n_overrides = 4, .partial = true };
    rs_sheet_options o;
    struct text report = { .n = 0 };
    rs_job_part failed;
    rs_image sheet = { 0 }, painted = { 0 };
    rs_model *m = NULL;
    rs_img2img_params p;
    rs_sheet_defaults(&o);
    o.output = sheet_png;
    o.vary = vary;
    o.n_vary = 2;
    o.frames = 2;
    const rs_text_sink sink = { put_text, &report };
    CHECK_OK(rs_sheet_make(&source, &o, NULL, NULL, &failed, &sink, &err));
    CHECK_INT(n_lines(report.data), 4);
    CHECK(strncmp(report.data, "strength 0.5, prompt_sr cat, 2 steps: ", 38) == 0);
    CHECK(strstr(report.data, " for 24 frames\n"));
    CHECK_OK(rs_image_read(sheet_png, &sheet, &err));
    CHECK_INT(sheet.width, 8 + 16 * 12 + 3 * 24);
    CHECK_INT(sheet.height, 8 + 20 + 20 + 4 * 44 + 8);
    rs_frame picked[2];
    int n;
    rs_source_info all;
    CHECK_OK(rs_pick_frames(names, in, &plain, 2, picked, &n, &all, &err));
    CHECK_OK(rs_model_open(TINY, NULL, &m, &err));
    rs_img2img_defaults(&p);
    p.prompt = "a dog";
    p.steps = 2;
    p.strength = 1;
    CHECK_OK(rs_img2img(m, &p, &picked[1].image, &painted, NULL, &err));
    cell_is(&sheet, 0, 1, &picked[1].image);
    cell_is(&sheet, 2, 3, &painted); /* strength 1; dog, second frame */
    /* it is not replaced unasked; a search text that is not there, and no model, are told */
    CHECK(rs_sheet_make(&source, &o, NULL, NULL, &failed, NULL, &err) == RS_E_IO);
    CHECK(strstr(err.msg, "--overwrite"));
    o.output = again_png;
    vary[1] = "prompt_sr=bird,dog";
    CHECK(rs_sheet_make(&source, &o, NULL, NULL, &failed, NULL, &err) == RS_E_INVALID);
    CHECK(strstr(err.msg, "'bird' is in neither prompt"));
    const rs_pipeline_source nothing = { .overrides = set + 2, .n_overrides = 2, .partial = true };
    o.n_vary = 1;
    CHECK(rs_sheet_make(&nothing, &o, NULL, NULL, &failed, NULL, &err) == RS_E_INVALID);
    CHECK(!exists(again_png));
    for (int i = 0; i < 2; i++)
        rs_image_release(&picked[i].image);
    rs_model_close(&m);
    rs_image_release(&sheet);
    rs_image_release(&painted);
}

int main(void)
{
    tmpdir_open();
    tmpdir_path(in, sizeof in, "in");
    tmpdir_path(sheet_png, sizeof sheet_png, "sheet.png");
    tmpdir_path(again_png, sizeof again_png, "again.png");
    CHECK(names = rs_arena_open(0));
    CHECK_OK(rs_make_dirs(in, &err));
    make_frames();
    TEST_RUN(axes);
    TEST_RUN(labels);
    TEST_RUN(frames);
    TEST_RUN(whole);
    rs_arena_close(&names);
    tmpdir_close();
    return 0;
}
