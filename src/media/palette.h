/* True colours to at most 256 of a frame's own, for encoders whose pixels are numbers in a palette. */
#ifndef RS_MEDIA_PALETTE_H
#define RS_MEDIA_PALETTE_H

#include <libavutil/frame.h>

#include "base/err.h"

typedef struct rs_palette rs_palette;

/* For frames of this size. One of the colours is for what is transparent, of which there is one bit:
 * pixels with an alpha of half and more are opaque. */
rs_status rs_palette_open(int width, int height, rs_palette **palette, rs_err *err);
void rs_palette_close(rs_palette **palette); /* NULL and *NULL are fine */

/* rgb (AV_PIX_FMT_RGB32, its reference is taken) becomes *pal (AV_PIX_FMT_PAL8), which is empty. What
 * comes out depends on this frame alone. */
rs_status rs_palette_run(rs_palette *palette, AVFrame *rgb, AVFrame *pal, rs_err *err);

#endif
