/* The pipeline out of a video's tags: text from anywhere. */
#ifndef RS_PIPE_VIDEO_PIPELINE_H
#define RS_PIPE_VIDEO_PIPELINE_H

#include "opt/value.h"

/* Leaves what such a text may say: keys that make the picture, no output, no command, and of
 * every path its last name, so nothing on this disk is named that its owner did not name. What is
 * no key stays, to be told. */
void rs_video_pipeline_tame(rs_value *root);

#endif
