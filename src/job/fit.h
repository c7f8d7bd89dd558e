/* How frames, and their masks with them, get the size that the model works at. */
#ifndef RS_JOB_FIT_H
#define RS_JOB_FIT_H

#include "restyle/pipeline.h"
#include "restyle/size.h"

/* The size that a frame gets. */
typedef struct rs_fit {
    rs_size size;     /* zeros: the frame's own times scale, rounded to the nearest multiple */
    bool exact;       /* or, with this, the frame's own */
    float scale;      /* 0: 1 */
    int multiple;
    rs_resize resize;
    bool alpha;       /* frames keep their transparency, where they have any */
    bool keep;        /* frames stay as they are: another size is made of a part of them only */
} rs_fit;

/* Whether frames that have transparency keep it. */
bool rs_keeps_alpha(const rs_pipeline_spec *spec);

rs_fit rs_fit_of(const rs_pipeline_spec *spec, int multiple);

/* Of the output; the same for a frame and for what rs_fit_input_size makes of it. */
rs_size rs_fit_size(const rs_fit *fit, int width, int height);
/* Of the pictures that rs_fitter_image makes: another one only with RS_RESIZE_LATENT or keep. */
rs_size rs_fit_input_size(const rs_fit *fit, int width, int height);

/* That of the output's pixels, of the source's: a size of its own has square ones, since the resize
 * has made the shape right. */
rs_rational rs_fit_aspect(const rs_fit *fit, rs_rational aspect);

/* The way of one source's frames. Zero it, set fit and aspect. */
typedef struct rs_fitter {
    rs_fit fit;
    rs_rational aspect;   /* of the source's pixels */
    rs_image square;      /* both with square pixels, where a shape is to be cut */
    rs_mask square_mask;
} rs_fitter;

/* The picture that is encoded; *to is zeroed or holds a picture, and is not from. */
rs_status rs_fitter_image(rs_fitter *f, const rs_image *from, rs_image *to, rs_err *err);

/* The mask of a picture takes the same way as it; from has its size, like is what became of it. */
rs_status rs_fitter_mask(rs_fitter *f, const rs_mask *from, const rs_image *like, rs_mask *to, rs_err *err);

void rs_fitter_release(rs_fitter *f);

#endif
