/* A step that frames pass, in order. It may hold some back, make more or fewer of them, and
 * give them another size and other times. */
#ifndef RS_MEDIA_FRAME_STAGE_H
#define RS_MEDIA_FRAME_STAGE_H

#include "media/media.h"

/* What the frames have in common. */
typedef struct rs_stage_format {
    int width, height;
    rs_rational rate, time_base, sample_aspect;
    bool alpha; /* some may be transparent; those of a stage may be in any case */
} rs_stage_format;

typedef struct rs_frame_stage {
    /* One more frame, which stays the caller's; NULL: no more come. To be called when pull
     * has given all it has. */
    rs_status (*push)(void *self, const rs_frame *frame, rs_err *err);
    /* The next frame that is ready; its name, png_name and text live until pull gives another.
     * *got = false: none before the next push, or ever after push(NULL). */
    rs_status (*pull)(void *self, rs_frame *frame, bool *got, rs_err *err);
    void (*close)(void *self);
    void *self;
} rs_frame_stage;

#endif
