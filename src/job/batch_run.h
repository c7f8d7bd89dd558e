/* The pictures of a batch, made of one frame. */
#ifndef RS_JOB_BATCH_RUN_H
#define RS_JOB_BATCH_RUN_H

#include "job/frame_maker.h"

/* A picture on its way out: i counts from 0, and the number of pictures stands for the grid.
 * params: what it was made with, the first's for the grid. *image may be swapped for another. */
typedef rs_status rs_batch_deliver(void *cookie, int i, const rs_img2img_params *params, rs_image *image,
                                   rs_err *err);

/* Runs all batches of maker->spec on the frame and delivers every picture as soon as its batch
 * is done, then the grid. With a grid, copies of all pictures are kept. */
rs_status rs_batch_run(rs_frame_maker *maker, const rs_frame *frame, rs_batch_deliver *deliver,
                       void *cookie, const rs_progress *progress, rs_err *err);

#endif
