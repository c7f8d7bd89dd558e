/* Tiles: places and seams as A1111's split_grid and combine_grid (tools/reference/
 * esrgan.py runs them with Pillow); what was cut comes together as it was. */
#include "stage/tiles.h"
#include "tests/lib/golden.h"

static rs_err err;

static const struct {
    int w, h, tile, overlap;
} cases[] = { { 50, 37, 24, 8 }, { 64, 64, 32, 4 }, { 40, 20, 32, 16 }, { 16, 16, 32, 8 } };

static const char *name_of(size_t i, const char *what)
{
    static char name[64];
    snprintf(name, sizeof name, "%dx%d/%d/%d/%s", cases[i].w, cases[i].h, cases[i].tile, cases[i].overlap,
             what);
    return name;
}

/* Pillow rounds after each of the two blends: half a step each. */
#define PASTE_TOL (1.01 / 255)

static void seams(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/tiles.safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rs_tiles t = rs_tiles_split(cases[i].w, cases[i].h, cases[i].tile, cases[i].overlap);
        size_t n_x, n_y;
        const int64_t *x = golden_i64(&g, name_of(i, "x"), &n_x), *y = golden_i64(&g, name_of(i, "y"), &n_y);
        const uint8_t *want = golden_find(&g, name_of(i, "out"))->data;
        rs_tile_canvas c = { 0 };
        rs_image picture = { 0 }, tile = { 0 };
        CHECK_INT(t.cols, n_x);
        CHECK_INT(t.rows, n_y);
        CHECK_OK(rs_tile_canvas_open(&c, &t, 1, &picture, &err));
        CHECK_OK(rs_image_alloc(&tile, t.tile_w, t.tile_h, &err));
        for (int row = 0; row < t.rows; row++)
            for (int col = 0; col < t.cols; col++) {
                const int rgb[3] = { 40 + 37 * col % 200, 90 + 53 * row % 160, (col * 71 + row * 29) % 256 };
                CHECK_INT(rs_tiles_x(&t, col), x[col]);
                CHECK_INT(rs_tiles_y(&t, row), y[row]);
                for (int k = 0; k < t.tile_w * t.tile_h * 3; k++)
                    tile.rgb[k] = (float)rgb[k % 3] / 255.0f;
                CHECK_OK(rs_tile_canvas_put(&c, col, row, &tile, &err));
            }
        for (int k = 0; k < cases[i].w * cases[i].h * 3; k++)
            CHECK_NEAR(picture.rgb[k], want[k] / 255.0, PASTE_TOL);
        rs_tile_canvas_release(&c);
        rs_image_release(&picture);
        rs_image_release(&tile);
    }
    golden_close(&g);
}

/* A picture, enlarged tile by tile without any network, is the enlarged picture. */
static void whole_again(void)
{
    enum { W = 61, H = 47, F = 3 };
    rs_image src = { 0 }, tile = { 0 }, large = { 0 }, out = { 0 };
    rs_tile_canvas c = { 0 };
    CHECK_OK(rs_image_alloc(&src, W, H, &err));
    for (int i = 0; i < W * H * 3; i++)
        src.rgb[i] = (float)(i * 37 % 251) / 251.0f;
    const rs_tiles t = rs_tiles_split(W, H, 20, 7);
    CHECK(t.cols > 2 && t.rows > 2);
    CHECK_OK(rs_tile_canvas_open(&c, &t, F, &out, &err));
    CHECK_INT(out.width, W * F);
    for (int row = 0; row < t.rows; row++)
        for (int col = 0; col < t.cols; col++) {
            CHECK_OK(rs_tiles_cut(&t, &src, col, row, &tile, &err));
            if (!large.rgb)
                CHECK_OK(rs_image_alloc(&large, F * tile.width, F * tile.height, &err));
            for (int i = 0; i < large.width * large.height; i++)
                memcpy(large.rgb + 3 * i,
                       tile.rgb + 3 * (i / large.width / F * tile.width + i % large.width / F),
                       3 * sizeof(float));
            CHECK_OK(rs_tile_canvas_put(&c, col, row, &large, &err));
        }
    for (int i = 0; i < out.width * out.height * 3; i++) {
        const int y = i / 3 / out.width / F, x = i / 3 % out.width / F;
        CHECK_NEAR(out.rgb[i], src.rgb[(y * W + x) * 3 + i % 3], 1e-6);
    }
    CHECK(rs_tile_canvas_put(&c, 0, 0, &src, &err) == RS_E_INTERNAL);
    rs_tile_canvas_release(&c);
    rs_image_release(&src);
    rs_image_release(&tile);
    rs_image_release(&large);
    rs_image_release(&out);
}

int main(void)
{
    TEST_RUN(seams);
    TEST_RUN(whole_again);
    return 0;
}
