/* Pictures of a batch, side by side. */
#ifndef RS_JOB_PICTURE_GRID_H
#define RS_JOB_PICTURE_GRID_H

#include "base/err.h"
#include "restyle/batch.h"
#include "restyle/image.h"

/* The rows and columns of A1111's image_grid (modules/images.py): as many rows as the root of
 * the number, rounded half to even, and as many columns as they need. */
void rs_picture_grid_shape(const rs_batch_spec *batch, int *rows, int *cols);

/* Lays a batch's pictures, all of one size, row by row on white; *out is allocated. Too
 * large a grid is RS_E_RANGE. */
rs_status rs_picture_grid(const rs_batch_spec *batch, const rs_image *pictures, rs_image *out, rs_err *err);

#endif
