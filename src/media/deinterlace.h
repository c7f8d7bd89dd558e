/* Fields into frames, one a frame, between decoder and picture. */
#ifndef RS_MEDIA_DEINTERLACE_H
#define RS_MEDIA_DEINTERLACE_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>

#include "base/log.h"
#include "media/filter_graph.h"
#include "restyle/timeline.h"

/* Zero it, set how, time_base, path and log. */
typedef struct rs_deinterlacer {
    rs_deinterlace how;
    AVRational time_base;
    const char *path;
    const rs_log *log; /* hears that frames are interlaced; may be NULL */
    rs_filter_graph *graph; /* from the first interlaced frame on */
    rs_filter_kind kind;    /* of the frames that the graph takes */
    bool flushed;
    rs_err why; /* of a frame that no graph takes */
} rs_deinterlacer;

/* avcodec_receive_frame with what comes out deinterlaced. A frame's own time is its
 * best_effort_timestamp; its pts is not to be used. */
int rs_deinterlacer_receive(rs_deinterlacer *d, AVCodecContext *dec, AVFrame *frame);
void rs_deinterlacer_reset(rs_deinterlacer *d); /* after a seek; and gives memory back */

#endif
