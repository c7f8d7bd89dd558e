#include "job/picture_grid.h"

#include <math.h>
#include <string.h>

void rs_picture_grid_shape(const rs_batch_spec *batch, int *rows, int *cols)
{
    const int n = rs_batch_pictures(batch);
    int r = batch->grid_rows;
    if (r == RS_GRID_AUTO)
        r = (int)nearbyint(sqrt(n));
    else if (r == 0)
        r = batch->size;
    *rows = r < n ? r : n;
    *cols = (n + *rows - 1) / *rows;
}

rs_status rs_picture_grid(const rs_batch_spec *batch, const rs_image *pictures, rs_image *out, rs_err *err)
{
    const int w = pictures->width, h = pictures->height;
    int rows, cols;
    rs_picture_grid_shape(batch, &rows, &cols);
    if ((double)cols * w > 32768 || (double)rows * h > 32768)
        return RS_FAIL(err, RS_E_RANGE, "the grid would be %.0fx%.0f pixels, 32768x32768 are possible: set "
                       "batch.grid to false", (double)cols * w, (double)rows * h);
    RS_TRY(rs_image_alloc(out, cols * w, rows * h, err));
    const size_t row = (size_t)out->width * 3, part = (size_t)w * 3;
    for (size_t k = 0; k < row * (size_t)out->height; k++)
        out->rgb[k] = 1.0f;
    for (int i = 0; i < rs_batch_pictures(batch); i++) {
        float *to = out->rgb + (size_t)(i / cols * h) * row + (size_t)(i % cols) * part;
        for (int y = 0; y < h; y++)
            memcpy(to + (size_t)y * row, pictures[i].rgb + (size_t)y * part, part * sizeof(float));
    }
    return RS_OK;
}
