/* What outpainting does where: sizes, places and masks of A1111's
 * scripts/poor_mans_outpainting.py and scripts/outpainting_mk_2.py.
 *
 * Both paint the picture into a larger one and repaint all but a box of it. The box lies
 * `inset` pixels inside the old edge, on the sides that grow:
 *
 *                     mask       latent mask    blur of the mask (deviation)
 *     poor_man        2 blur     blur / 2       2 blur
 *     mk2             blur       2 blur         4 blur, along what grows
 *
 * Pillow's rectangles hold their right and lower ends, and so do these. */
#ifndef RS_STAGE_OUTPAINT_PLAN_H
#define RS_STAGE_OUTPAINT_PLAN_H

#include "restyle/outpaint.h"
#include "stage/tiles.h"

/* Pixels that are added on each side, rounding up to a multiple of 64 included. */
typedef struct rs_margins {
    int left, right, up, down;
} rs_margins;

/* Some of them may be 0. A1111 fills up a side that does not grow, with poor_man by a black
 * band; here that side keeps its length. */
rs_margins rs_outpaint_margins(const rs_outpaint *o, int width, int height);

int rs_outpaint_blur(const rs_outpaint *o); /* mask_blur, or the method's default */
rs_size rs_outpaint_deviation(const rs_outpaint *o); /* of the mask's blur, across and down */

/* mask, allocated, 255 but for the box that is `inset` inside the old edges where m is above 0;
 * old: of the picture without m, lying at m.left, m.up. RS_E_INVALID when no box is left. */
rs_status rs_outpaint_mask(rs_mask *mask, rs_margins m, rs_size old, int inset, rs_err *err);

/* poor_man: the larger picture's tiles, of which those within the old picture are left alone. */
rs_tiles rs_outpaint_tiles(const rs_outpaint *o, int width, int height);
bool rs_outpaint_tile_stays(const rs_tiles *t, rs_margins m, int col, int row);

/* mk2: one side of a picture after the other. */
enum { RS_OUTPAINT_SIDES = 4 };
typedef struct rs_outpaint_side {
    rs_margins grow; /* one of them above 0 */
    rs_size from;    /* the picture before */
    rs_size to;      /* after */
    rs_size canvas;  /* `to` filled up to multiples of 64 */
    rs_size part;    /* of the canvas, at its growing end: what is diffused */
    int x, y;        /* of the part */
    rs_size seen;    /* of the picture before, what is in the part */
} rs_outpaint_side;

/* Left, right, up, down, as far as they grow; returns how many. multiple: of a part's sides. */
int rs_outpaint_sides(const rs_outpaint *o, int width, int height, int multiple,
                      rs_outpaint_side sides[RS_OUTPAINT_SIDES]);

/* Runs of img2img for a picture, and the size of each of them, 0 <= i < that. */
int rs_outpaint_runs(const rs_outpaint *o, int width, int height);
rs_size rs_outpaint_run_size(const rs_outpaint *o, int width, int height, int multiple, int i);

#endif
