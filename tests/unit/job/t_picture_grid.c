/* Grids against A1111's image_grid; the golden file is made by tools/reference/grids.py. */
#include "base/arena.h"
#include "base/fs.h"
#include "job/picture_grid.h"
#include "tests/lib/test.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/grids.txt"

enum { W = 3, H = 2, MOST = 40 };

static rs_err err;

/* Picture i has the value i + 2, white is 1. */
static void fill(rs_image *pictures, int n)
{
    for (int i = 0; i < n; i++) {
        CHECK_OK(rs_image_alloc(&pictures[i], W, H, &err));
        for (int k = 0; k < W * H * 3; k++)
            pictures[i].rgb[k] = (float)(i + 2);
    }
}

static void check_cell(const rs_image *grid, int row, int col, float want)
{
    for (int y = row * H; y < (row + 1) * H; y++)
        for (int k = col * W * 3; k < (col + 1) * W * 3; k++)
            CHECK(grid->rgb[y * grid->width * 3 + k] == want);
}

/* cells: "0 1 / 2 -" */
static void check_grid(const rs_batch_spec *batch, char *cells)
{
    rs_image pictures[MOST] = { { 0 } }, grid = { 0 };
    const int n = rs_batch_pictures(batch);
    int row = 0, col = 0, cols = 0;
    CHECK(n <= MOST);
    fill(pictures, n);
    CHECK_OK(rs_picture_grid(batch, pictures, &grid, &err));
    for (char *word = strtok(cells, " "); word; word = strtok(NULL, " ")) {
        if (strcmp(word, "/") == 0) {
            row++;
            col = 0;
            continue;
        }
        CHECK((col + 1) * W <= grid.width && (row + 1) * H <= grid.height);
        check_cell(&grid, row, col++, strcmp(word, "-") == 0 ? 1.0f : (float)(atoi(word) + 2));
        cols = col > cols ? col : cols;
    }
    CHECK_INT(grid.width, cols * W);
    CHECK_INT(grid.height, (row + 1) * H);
    for (int i = 0; i < n; i++)
        rs_image_release(&pictures[i]);
    rs_image_release(&grid);
}

static void as_a1111(void)
{
    rs_arena *arena = rs_arena_open(0);
    char *text;
    size_t size;
    int n = 0;
    CHECK_OK(rs_read_file(arena, GOLDEN, 1 << 20, &text, &size, &err));
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n++) {
        rs_batch_spec b = { .grid = true };
        int at = 0;
        *end = '\0';
        CHECK_INT(sscanf(line, "%d %d %d: %n", &b.count, &b.size, &b.grid_rows, &at), 3);
        check_grid(&b, line + at);
    }
    CHECK_INT(n, 35);
    rs_arena_close(&arena);
}

static void too_large(void)
{
    rs_image grid = { 0 };
    const rs_image one = { .width = 20000, .height = 8 };
    const rs_batch_spec b = { .count = 2, .size = 1, .grid = true, .grid_rows = 1 };
    CHECK(rs_picture_grid(&b, &one, &grid, &err) == RS_E_RANGE);
}

int main(void)
{
    TEST_RUN(as_a1111);
    TEST_RUN(too_large);
    return 0;
}
