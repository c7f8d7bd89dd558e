/* Upscaling with ESRGAN-architecture networks, as A1111's extras.
 *
 *     rs_upscaler *up = NULL;
 *     rs_upscale_params p;
 *     rs_upscale_defaults(&p);
 *     p.factor = 2;
 *     if (rs_upscaler_open("RealESRGAN_x4plus.safetensors", 0, &up, &err) == RS_OK)
 *         rs_upscale(up, &p, &picture, &larger, NULL, &err);
 *     rs_upscaler_close(&up);
 */
#ifndef RESTYLE_UPSCALE_H
#define RESTYLE_UPSCALE_H

#include "restyle/image.h"
#include "restyle/img2img.h"
#include "restyle/size.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_upscaler rs_upscaler;

/* When a pipeline upscales. */
typedef enum rs_upscale_when {
    RS_UPSCALE_AFTER, /* the restyled picture */
    RS_UPSCALE_BEFORE /* the picture that is going to be restyled */
} rs_upscale_when;

typedef struct rs_upscale_params {
    const char *model;    /* of a pipeline: its file; NULL: no upscaling */
    float factor;         /* 2 */
    rs_upscale_when when; /* of a pipeline */
    int tile;             /* 192: pixels of the source in one pass; 0: the whole picture */
    int overlap;          /* 8: of neighbouring tiles at least, and the width of their seams */
} rs_upscale_params;

void rs_upscale_defaults(rs_upscale_params *params);

/* path: a .safetensors or .pth file of an RRDBNet (ESRGAN, Real-ESRGAN, BSRGAN; x1, x2, x4, x8) or an
 * SRVGGNetCompact (realesr-general, realesr-animevideo), with the names of any of their
 * repositories. threads: 0: one per processor. One thread at a time uses the handle. */
rs_status rs_upscaler_open(const char *path, int threads, rs_upscaler **upscaler, rs_err *err);
void rs_upscaler_close(rs_upscaler **upscaler); /* NULL and *NULL are fine */

int rs_upscaler_scale(const rs_upscaler *upscaler); /* of one pass: 4 */
const char *rs_upscaler_name(const rs_upscaler *upscaler); /* "RRDBNet of 23 blocks, x4" */

/* What becomes of a size: multiples of 8, rounded down, and at least 8, as in A1111. */
rs_size rs_upscale_size(float factor, int width, int height);

/* What upscaling a picture of that size takes: operations in 10^9, 2 for each multiplication; and
 * bytes, of weights as they lie in the file and of what lies between the layers. */
void rs_upscale_cost(const rs_upscaler *upscaler, const rs_upscale_params *params, rs_size size,
                     double *gflop, double *bytes);

/* As many passes as the size takes, three at most, and Lanczos to it. *out as in rs_img2img.
 * progress counts tiles. */
rs_status rs_upscale(rs_upscaler *upscaler, const rs_upscale_params *params, const rs_image *src,
                     rs_image *out, const rs_progress *progress, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
