/* Frames through a graph of FFmpeg's filters, as RGB of 16 bits, with transparency where there is any. */
#ifndef RS_MEDIA_FILTER_STAGE_H
#define RS_MEDIA_FILTER_STAGE_H

#include "media/frame_stage.h"

/* key: how messages name it. *format: of what goes in; becomes that of what comes out. */
rs_status rs_filter_stage_open(const char *key, const char *graph, rs_stage_format *format,
                               rs_frame_stage *stage, rs_err *err);

#endif
