/* The files that a batch becomes. */
#ifndef RS_PIPE_BATCH_NAMES_H
#define RS_PIPE_BATCH_NAMES_H

#include "base/arena.h"
#include "base/err.h"
#include "restyle/pipeline.h"

/* The parameters of picture i. Loops take a seed each, so the next picture's begin behind
 * them, as A1111's loopback script counts. */
void rs_batch_picture(const rs_pipeline_spec *spec, int i, rs_img2img_params *out);

/* The path of picture i, or, with i the number of pictures, of the grid: beside the output
 * DIR/NAME.png DIR/NAME-SEED.png and DIR/NAME-grid.png, where a variation seed follows the
 * seed; in a folder the input's name with its pictures' extension. NULL: no memory. */
const char *rs_batch_path(rs_arena *arena, const rs_pipeline_spec *spec, int i);

/* RS_E_IO when a file exists that may not be overwritten. */
rs_status rs_batch_check_files(rs_arena *arena, const rs_pipeline_spec *spec, rs_err *err);

/* How many files: the pictures and perhaps a grid. */
int rs_batch_files(const rs_batch_spec *batch);

#endif
