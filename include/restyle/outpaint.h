/* Outpainting: a picture goes on beyond its edges. A1111's two scripts for it. */
#ifndef RESTYLE_OUTPAINT_H
#define RESTYLE_OUTPAINT_H

#include <stdbool.h>

#include "restyle/inpaint.h"
#include "restyle/size.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_outpaint_method {
    RS_OUTPAINT_POOR_MAN, /* the larger picture in overlapping tiles, begun with masked content */
    RS_OUTPAINT_MK2       /* side by side, begun with noise that has the picture's spectrum */
} rs_outpaint_method;

typedef struct rs_outpaint {
    int left, right, up, down;  /* pixels; all 0: no outpainting */
    rs_outpaint_method method;
    int mask_blur;              /* 0 to 64; negative: 4, and 8 for mk2. The mask reaches twice, with mk2
                                   once, as far into the picture; see stage/outpaint_plan.h */
    rs_inpaint_content content; /* of poor_man */
    float falloff;              /* of mk2, 0 to 4: lower for more detail */
    float color_variation;      /* of mk2, 0 to 1 */
    int tile;                   /* width and height of what is diffused at once, at least 64 more than
                                   each of the four; mk2 cuts only the side that grows */
} rs_outpaint;

bool rs_outpaint_grows(const rs_outpaint *o);

/* Of the larger picture. A side that grows gets a multiple of 64, and what is added for that
 * is shared by both ends that grow. */
rs_size rs_outpaint_size(const rs_outpaint *o, int width, int height);

/* As rs_img2img, whose seed every side of mk2 has; tile i of poor_man has seed + i. Pixels that
 * no mask reaches stay as they are. */
rs_status rs_img2img_outpaint(rs_model *model, const rs_img2img_params *params, const rs_outpaint *o,
                              const rs_image *init, rs_image *out, const rs_progress *progress,
                              rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
