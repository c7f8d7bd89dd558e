#include "stage/tiles.h"

#include <string.h>

#include "media/crop_box.h"

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Tiles across a side: ceil((side - overlap) / (tile - overlap)). */
static int count(int side, int tile, int overlap)
{
    const int step = tile - overlap;
    return side <= tile ? 1 : (side - overlap + step - 1) / step;
}

rs_tiles rs_tiles_split(int width, int height, int tile, int overlap)
{
    rs_tiles t = { .width = width, .height = height, .overlap = least(overlap, tile - 1) };
    t.tile_w = least(tile, width);
    t.tile_h = least(tile, height);
    t.cols = count(width, tile, t.overlap);
    t.rows = count(height, tile, t.overlap);
    return t;
}

/* int(i * (side - tile) / (n - 1)) in Python's doubles */
static int place(int i, int n, int side, int tile)
{
    const double step = n > 1 ? (double)(side - tile) / (n - 1) : 0;
    return least((int)(i * step), side - tile);
}

int rs_tiles_x(const rs_tiles *t, int col)
{
    return place(col, t->cols, t->width, t->tile_w);
}

int rs_tiles_y(const rs_tiles *t, int row)
{
    return place(row, t->rows, t->height, t->tile_h);
}

static int enlarged(int side, float factor)
{
    const double large = (double)side * (double)factor;
    const int v = large < 1e6 ? (int)large / 8 * 8 : 1000000; /* more than any picture's */
    return v < 8 ? 8 : v;
}

rs_size rs_tiles_enlarged(float factor, int width, int height)
{
    return (rs_size){ enlarged(width, factor), enlarged(height, factor) };
}

static rs_status make_room(rs_image *image, int width, int height, rs_err *err)
{
    if (image->rgb && image->width == width && image->height == height)
        return RS_OK;
    rs_image_release(image);
    return rs_image_alloc(image, width, height, err);
}

static float *pixel(const rs_image *image, int x, int y)
{
    return image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

rs_status rs_tiles_cut(const rs_tiles *t, const rs_image *picture, int col, int row, rs_image *tile,
                       rs_err *err)
{
    const int x = rs_tiles_x(t, col), y = rs_tiles_y(t, row);
    return rs_image_cut(tile, picture, (rs_box){ x, y, x + t->tile_w, y + t->tile_h }, err);
}

/* Places are those of the source's tiles, enlarged: also where enlarged ones would be
 * cut elsewhere. */
rs_status rs_tile_canvas_open(rs_tile_canvas *c, const rs_tiles *source, int scale, rs_image *picture,
                              rs_err *err)
{
    c->source = c->tiles = *source;
    c->scale = scale;
    c->tiles.width *= scale;
    c->tiles.height *= scale;
    c->tiles.tile_w *= scale;
    c->tiles.tile_h *= scale;
    c->tiles.overlap *= scale;
    c->picture = picture;
    RS_TRY(make_room(picture, c->tiles.width, c->tiles.height, err));
    return make_room(&c->band, c->tiles.width, c->tiles.tile_h, err);
}

void rs_tile_canvas_release(rs_tile_canvas *c)
{
    rs_image_release(&c->band);
}

/* A1111's masks are bytes: int(i * 255 / overlap). */
static float ramp(int i, int overlap)
{
    return i >= overlap ? 1.0f : (float)(int)((float)i * 255.0f / (float)overlap) / 255.0f;
}

static void mix(float *to, const float *from, float share)
{
    for (int c = 0; c < 3; c++)
        to[c] += share * (from[c] - to[c]);
}

static void put_in_band(rs_tile_canvas *c, int x0, const rs_image *tile)
{
    const int fade = x0 ? c->tiles.overlap : 0;
    for (int y = 0; y < tile->height; y++) {
        for (int x = 0; x < fade; x++)
            mix(pixel(&c->band, x0 + x, y), pixel(tile, x, y), ramp(x, fade));
        memcpy(pixel(&c->band, x0 + fade, y), pixel(tile, fade, y),
               (size_t)(tile->width - fade) * 3 * sizeof(float));
    }
}

static void put_in_picture(rs_tile_canvas *c, int y0)
{
    const int fade = y0 ? c->tiles.overlap : 0;
    const size_t row = (size_t)c->band.width * 3;
    for (int y = 0; y < c->band.height; y++) {
        if (y >= fade) {
            memcpy(pixel(c->picture, 0, y0 + y), pixel(&c->band, 0, y), row * sizeof(float));
            continue;
        }
        for (int x = 0; x < c->band.width; x++)
            mix(pixel(c->picture, x, y0 + y), pixel(&c->band, x, y), ramp(y, fade));
    }
}

rs_status rs_tile_canvas_put(rs_tile_canvas *c, int col, int row, const rs_image *tile, rs_err *err)
{
    if (tile->width != c->tiles.tile_w || tile->height != c->tiles.tile_h)
        return RS_FAIL(err, RS_E_INTERNAL, "a tile of %dx%d, expected %dx%d", tile->width, tile->height,
                       c->tiles.tile_w, c->tiles.tile_h);
    put_in_band(c, rs_tiles_x(&c->source, col) * c->scale, tile);
    if (col == c->tiles.cols - 1)
        put_in_picture(c, rs_tiles_y(&c->source, row) * c->scale);
    return RS_OK;
}
