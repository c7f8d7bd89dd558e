/* The contact sheet as a picture:
 *
 *     title
 *     z value            source    x value   x value ..
 *                y value [frame]   [picture] [picture]
 *                frame   00:01     1.2 s     1.3 s
 *     .. for each y value a row a frame, for each z value a block of rows */
#ifndef RS_JOB_SHEET_DRAW_H
#define RS_JOB_SHEET_DRAW_H

#include "base/err.h"
#include "restyle/image.h"

typedef struct rs_sheet_grid {
    int cols, rows, blocks, frames; /* x, y and z values; frames */
    int cell;                       /* longer side of a picture */
    int cell_w, cell_h;             /* of the largest picture */
} rs_sheet_grid;

/* A white sheet. Too many or too large cells for a PNG are RS_E_RANGE. */
rs_status rs_sheet_draw_open(const rs_sheet_grid *g, const char *title, rs_image *sheet, rs_err *err);
/* Texts above a column (0: the source's), left of a row of pictures (two lines), above a block. */
void rs_sheet_draw_column(const rs_sheet_grid *g, const rs_image *sheet, int block, int col,
                          const char *text);
void rs_sheet_draw_row(const rs_sheet_grid *g, const rs_image *sheet, int block, int row, int frame,
                       const char *text, const char *below);
void rs_sheet_draw_block(const rs_sheet_grid *g, const rs_image *sheet, int block, const char *text);
/* A picture, made small enough, with a line below. */
rs_status rs_sheet_draw_picture(const rs_sheet_grid *g, const rs_image *sheet, int block, int row,
                                int frame, int col, const rs_image *picture, const char *text,
                                rs_err *err);

#endif
