/* Batches: several pictures of one source, each with a seed of its own. */
#ifndef RESTYLE_BATCH_H
#define RESTYLE_BATCH_H

#include <stdbool.h>

#include "restyle/img2img.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RS_BATCH_MAX_SIZE 16

/* Stands for as many rows as make the grid square. */
#define RS_GRID_AUTO (-1)

/* A1111's batch count and batch size. */
typedef struct rs_batch_spec {
    int count;     /* batches, one after the other: 1 */
    int size;      /* pictures of a batch, which go through the model together: 1 */
    bool grid;     /* also a picture of all of them */
    int grid_rows; /* of it: RS_GRID_AUTO, 0 for as many as `size`, or this many */
} rs_batch_spec;

/* How many pictures that makes. */
int rs_batch_pictures(const rs_batch_spec *batch);

/* The parameters of picture i of a batch, as A1111's process_images: seed and variation seed
 * go up by 1 from picture to picture; under a variation strength the seed stays. */
void rs_batch_params(const rs_img2img_params *params, int i, rs_img2img_params *out);

/* Restyles init n times, 1 to RS_BATCH_MAX_SIZE, with rs_batch_params of 0 to n - 1, into
 * outs[0..n), each as *out of rs_img2img. The pictures go through the network together, at the
 * price of memory, and are the same bytes as those of n calls of rs_img2img. (Samplers whose
 * steps depend on the picture, dpm_adaptive, take one at a time.) */
rs_status rs_img2img_batch(rs_model *model, const rs_img2img_params *params, int n, const rs_image *init,
                           rs_image *outs, const rs_progress *progress, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
