/* Inpainting: a part of a picture is repainted, the rest keeps its pixels.
 *
 * Names and meaning are A1111's. A mask is 255 where to repaint; its soft edges
 * come from rs_mask_blur. */
#ifndef RESTYLE_INPAINT_H
#define RESTYLE_INPAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "restyle/image.h"
#include "restyle/img2img.h"
#include "restyle/size.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is under the mask before it is repainted. */
typedef enum rs_inpaint_content {
    RS_INPAINT_FILL,         /* blurred surroundings */
    RS_INPAINT_ORIGINAL,
    RS_INPAINT_LATENT_NOISE, /* the seed's noise */
    RS_INPAINT_LATENT_NOTHING
} rs_inpaint_content;

typedef enum rs_inpaint_area {
    RS_INPAINT_WHOLE,       /* the whole picture is diffused */
    RS_INPAINT_ONLY_MASKED  /* the surroundings of the mask, enlarged */
} rs_inpaint_area;

/* A1111's built-in extension: pixels return to the original by degrees. */
typedef struct rs_soft_inpaint {
    bool enabled;
    float schedule_bias;        /* 1 */
    float preservation;         /* strength of it, 0.5 */
    float transition_contrast;  /* 4 */
    float mask_influence;       /* 0..1, 0 */
    float difference_threshold; /* 0.5 */
    float difference_contrast;  /* 2 */
} rs_soft_inpaint;

typedef struct rs_inpaint_params {
    rs_inpaint_content content; /* RS_INPAINT_ORIGINAL */
    rs_inpaint_area area;       /* RS_INPAINT_WHOLE */
    int padding;                /* pixels around the mask that ONLY_MASKED shows too, 32 */
    float box_smoothing;        /* 0..1, 0.8: share of the box before, see rs_inpaint_box */
    float mask_strength;        /* 0..1, 1: how much of what the mask covers is hidden from models
                                   of nine channels ("inpainting conditioning mask strength") */
    bool blend;                 /* true; false: latents outside the mask are free, as diffusers does
                                   with models of nine channels */
    bool overlay;               /* true; false: the decoded picture, also outside the mask */
    rs_soft_inpaint soft;
    rs_size size;               /* ONLY_MASKED: what the part is enlarged to; zeros: init's size */
} rs_inpaint_params;

void rs_inpaint_defaults(rs_inpaint_params *params);

/* What a pipeline says of the mask, beside how to inpaint with it. */
typedef enum rs_mask_mode {
    RS_MASK_MASKED,    /* "inpaint masked" */
    RS_MASK_NOT_MASKED /* the mask is inverted first */
} rs_mask_mode;

#define RS_MASK_ALPHA "alpha" /* the input's own transparency */
#define RS_MASK_COLOR "color" /* what has a given colour in the input */

typedef struct rs_inpaint_spec {
    const char *mask;    /* NULL: no inpainting; one of the words above; or the absolute path of a
                            picture, a folder of pictures, or a video */
    const char *color;   /* of RS_MASK_COLOR: "#rrggbb" */
    int color_tolerance; /* 0..255 in each channel */
    int blur;            /* pixels; see rs_mask_blur */
    int blur_x, blur_y;  /* negative: blur */
    rs_mask_mode mode;
    rs_inpaint_params params;
} rs_inpaint_spec;

/* "#rrggbb"; false when it is none. */
bool rs_parse_color(const char *text, uint8_t rgb[3]);

/* The part of a film's previous frame that ONLY_MASKED worked on. Zero it before
 * the first; the next box does not jump away from it. */
typedef struct rs_inpaint_box {
    int x1, y1, x2, y2, width, height; /* of a picture of this size; 0: there was none */
} rs_inpaint_box;

/* What one call is given beside the parameters. */
typedef struct rs_inpaint_picture {
    const rs_image *init;     /* what is repainted */
    const rs_image *original; /* whose pixels stay, of the same size; NULL: init */
    const rs_mask *mask;      /* of that size, blurred; where it is 0 every pixel of the result is
                                 exactly the original's (unless soft or without overlay) */
    const rs_mask *latent_mask; /* NULL: mask. Another one for the latent, as outpainting has */
    rs_inpaint_box *box;      /* in and out; NULL: stills */
} rs_inpaint_picture;

/* As rs_img2img. The result has init's size. A mask without anything in it gives the
 * original (A1111 would repaint the whole picture). */
rs_status rs_inpaint(rs_model *model, const rs_img2img_params *params, const rs_inpaint_params *inpaint,
                     const rs_inpaint_picture *picture, rs_image *out, const rs_progress *progress,
                     rs_err *err);

/* 255 becomes 0 ("inpaint not masked"). */
void rs_mask_invert(rs_mask *mask);
/* Gaussian of these deviations in pixels along x and y, 0 to 1000; 0: none. */
rs_status rs_mask_blur(rs_mask *mask, int x, int y, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
