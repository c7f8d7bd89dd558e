#include "job/sheet_draw.h"

#include <string.h>

#include "media/label.h"

enum { SCALE = 2, GAP = 8, LINE = RS_LABEL_H * SCALE + 4, LEFT = 16 * RS_LABEL_W * SCALE };

static int cell_width(const rs_sheet_grid *g)
{
    return g->cell_w + GAP;
}

static int cell_height(const rs_sheet_grid *g)
{
    return g->cell_h + LINE + GAP;
}

static int block_height(const rs_sheet_grid *g)
{
    return LINE + g->rows * g->frames * cell_height(g) + GAP;
}

static int block_y(const rs_sheet_grid *g, int block)
{
    return GAP + LINE + block * block_height(g);
}

static int column_x(const rs_sheet_grid *g, int col)
{
    return GAP + LEFT + col * cell_width(g);
}

static int row_y(const rs_sheet_grid *g, int block, int row, int frame)
{
    return block_y(g, block) + LINE + (row * g->frames + frame) * cell_height(g);
}

rs_status rs_sheet_draw_open(const rs_sheet_grid *g, const char *title, rs_image *sheet, rs_err *err)
{
    const double w = column_x(g, 0) + (g->cols + 1.0) * cell_width(g);
    const double h = block_y(g, 0) + (double)g->blocks * block_height(g);
    if (w > 32768 || h > 32768)
        return RS_FAIL(err, RS_E_RANGE, "the sheet would be %.0fx%.0f pixels, 32768x32768 are possible: vary "
                       "less, or make the cells smaller than %d", w, h, g->cell);
    RS_TRY(rs_image_alloc(sheet, (int)w, (int)h, err));
    const size_t n = (size_t)sheet->width * (size_t)sheet->height * 3;
    for (size_t i = 0; i < n; i++)
        sheet->rgb[i] = 1.0f;
    rs_label_draw(sheet, GAP, GAP / 2, SCALE, title);
    return RS_OK;
}

/* Large, or small where that does not fit, and then as much as fits and two points. */
static void write_text(const rs_image *sheet, int x, int y, int width, const char *text)
{
    char cut[256];
    size_t n = 0;
    const int scale = rs_label_width(text, SCALE) <= width ? SCALE : 1;
    if (rs_label_width(text, scale) <= width) {
        rs_label_draw(sheet, x, y, scale, text);
        return;
    }
    for (int room = width / RS_LABEL_W - 2; text[n] && n + 4 < sizeof cut; n++) {
        room -= ((unsigned char)text[n] & 0xc0) != 0x80;
        if (room < 0)
            break;
    }
    memcpy(cut, text, n);
    memcpy(cut + n, "..", 3);
    rs_label_draw(sheet, x, y, 1, cut);
}

void rs_sheet_draw_column(const rs_sheet_grid *g, const rs_image *sheet, int block, int col,
                          const char *text)
{
    write_text(sheet, column_x(g, col), block_y(g, block), g->cell_w, text);
}

void rs_sheet_draw_row(const rs_sheet_grid *g, const rs_image *sheet, int block, int row, int frame,
                       const char *text, const char *below)
{
    const int y = row_y(g, block, row, frame);
    write_text(sheet, GAP, y, LEFT - GAP, text);
    write_text(sheet, GAP, y + LINE, LEFT - GAP, below);
}

void rs_sheet_draw_block(const rs_sheet_grid *g, const rs_image *sheet, int block, const char *text)
{
    write_text(sheet, GAP, block_y(g, block), LEFT - GAP, text);
}

rs_status rs_sheet_draw_picture(const rs_sheet_grid *g, const rs_image *sheet, int block, int row,
                                int frame, int col, const rs_image *picture, const char *text,
                                rs_err *err)
{
    const double across = (double)g->cell_w / picture->width, down = (double)g->cell_h / picture->height;
    const double shrink = across < down ? across : down;
    rs_image small = { 0 };
    const int x0 = column_x(g, col), y0 = row_y(g, block, row, frame);
    int w = shrink < 1 ? (int)(picture->width * shrink + 0.5) : picture->width;
    int h = shrink < 1 ? (int)(picture->height * shrink + 0.5) : picture->height;
    w = w < 1 ? 1 : w > g->cell_w ? g->cell_w : w;
    h = h < 1 ? 1 : h > g->cell_h ? g->cell_h : h;
    RS_TRY(rs_image_alloc(&small, w, h, err));
    const rs_status s = rs_image_resize(&small, picture, RS_RESIZE_STRETCH, err);
    for (int y = 0; s == RS_OK && y < h; y++)
        memcpy(sheet->rgb + ((size_t)(y0 + y) * (size_t)sheet->width + (size_t)x0) * 3,
               small.rgb + (size_t)y * (size_t)w * 3, (size_t)w * 3 * sizeof(float));
    rs_image_release(&small);
    write_text(sheet, x0, y0 + g->cell_h + 2, g->cell_w, text);
    return s;
}
