/* Where a clip is cut: what frames hand on to each other goes no further than a scene. */
#ifndef RS_JOB_SCENES_H
#define RS_JOB_SCENES_H

#include <stdint.h>

#include "restyle/image.h"

/* Zero it, then set threshold. */
typedef struct rs_scenes {
    float threshold;   /* a score of this or more is a cut; 0: the whole clip is one scene */
    double difference; /* of the last frame to the one before it */
    double score;      /* of the last frame */
    int64_t scene;     /* it belongs to, from 0 */
} rs_scenes;

/* The clip's frames one after the other, at the source's size, each with the one before it (of the
 * first one a picture without rgb). The score is that of FFmpeg's
 * select filter over RGB (libavfilter/f_select.c, get_scene_score): of the mean absolute
 * difference to the frame before, and of how much that differs from the difference before it,
 * the smaller one; so that constant movement is no cut. 0 to 1, which 100 of 255 levels are; a frame
 * of another size: 1. */
void rs_scenes_next(rs_scenes *s, const rs_image *before, const rs_image *image);

#endif
