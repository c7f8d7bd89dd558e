/* A picture in overlapping tiles, and put together again without seams: A1111's
 * split_grid and combine_grid (modules/images.py). */
#ifndef RS_STAGE_TILES_H
#define RS_STAGE_TILES_H

#include "base/err.h"
#include "restyle/image.h"
#include "restyle/size.h"

/* All tiles have one size; the last column and row end at the edge. */
typedef struct rs_tiles {
    int width, height;   /* of the picture */
    int tile_w, tile_h;  /* no larger than the picture */
    int overlap;         /* 0 <= overlap < tile_w, tile_h where there is more than one tile */
    int cols, rows;
} rs_tiles;

/* tile > 0; overlap is cut to tile - 1. */
rs_tiles rs_tiles_split(int width, int height, int tile, int overlap);
int rs_tiles_x(const rs_tiles *t, int col);
int rs_tiles_y(const rs_tiles *t, int row);

/* A size times factor, in multiples of 8, rounded down, at least 8 (modules/upscaler.py). */
rs_size rs_tiles_enlarged(float factor, int width, int height);

/* A tile's pixels into *tile, which is zeroed or holds a picture. */
rs_status rs_tiles_cut(const rs_tiles *t, const rs_image *picture, int col, int row, rs_image *tile,
                       rs_err *err);

/* Where tiles, `scale` times enlarged, become a picture. Zero it before open. */
typedef struct rs_tile_canvas {
    rs_tiles tiles;   /* as enlarged */
    rs_tiles source;
    int scale;
    rs_image band;    /* the row of tiles in the making */
    rs_image *picture;
} rs_tile_canvas;

/* *picture is zeroed or holds a picture; it gets the enlarged size. */
rs_status rs_tile_canvas_open(rs_tile_canvas *c, const rs_tiles *source, int scale, rs_image *picture,
                              rs_err *err);
void rs_tile_canvas_release(rs_tile_canvas *c); /* the picture stays */
/* Row by row, from left to right. The first `overlap` columns (rows) of a tile fade in over
 * what lies there. */
rs_status rs_tile_canvas_put(rs_tile_canvas *c, int col, int row, const rs_image *tile, rs_err *err);

#endif
