/* What A1111 calls scripts: several runs of img2img that make one picture.
 *
 * Each takes the parameters of one run, and gives the picture in *out as rs_img2img
 * does. Progress counts the steps of all runs. */
#ifndef RESTYLE_SCRIPTS_H
#define RESTYLE_SCRIPTS_H

#include "restyle/img2img.h"
#include "restyle/inpaint.h"
#include "restyle/size.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How strength goes from the first loop to the last. */
typedef enum rs_loops_curve {
    RS_LOOPS_LINEAR,
    RS_LOOPS_AGGRESSIVE, /* most of the way at first: sin(x pi/2) */
    RS_LOOPS_LAZY        /* most of the way at the end: 1 - cos(x pi/2) */
} rs_loops_curve;

/* A1111's loopback script: each output is the next init. */
typedef struct rs_loops {
    int count;            /* 1: no loop */
    float final_strength; /* of the last loop; the first has params->strength */
    rs_loops_curve curve;
} rs_loops;

/* The strength of a loop, 0 <= loop < count. */
float rs_loops_strength(const rs_loops *loops, float initial, int loop);

/* Runs count times; the seed goes up by 1 each time, and colours are corrected to those
 * of the first init unless params names a target. */
rs_status rs_img2img_loops(rs_model *model, const rs_img2img_params *params, const rs_loops *loops,
                           const rs_image *init, rs_image *out, const rs_progress *progress,
                           rs_err *err);
/* The same under a mask: from the second loop on the masked content is the original. */
rs_status rs_inpaint_loops(rs_model *model, const rs_img2img_params *params,
                           const rs_inpaint_params *inpaint, const rs_loops *loops,
                           const rs_inpaint_picture *picture, rs_image *out, const rs_progress *progress,
                           rs_err *err);

/* A1111's SD upscale: the picture is enlarged and restyled in overlapping tiles. */
typedef struct rs_sd_upscale {
    float factor; /* 0: off; 1: tiles without enlarging */
    int tile;     /* width and height in pixels; smaller where the picture is */
    int overlap;  /* of neighbouring tiles at least, and the width of the seams between them */
} rs_sd_upscale;

/* Of the enlarged picture: multiples of 8, rounded down. */
rs_size rs_sd_upscale_size(const rs_sd_upscale *up, int width, int height);
/* How many tiles that takes, for 0 <= overlap < tile. */
int rs_sd_upscale_tiles(const rs_sd_upscale *up, int width, int height);

/* Tile i, row by row, has seed params->seed + i. */
rs_status rs_img2img_upscale(rs_model *model, const rs_img2img_params *params, const rs_sd_upscale *up,
                             const rs_image *init, rs_image *out, const rs_progress *progress,
                             rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
