/* What frames pass behind the model (exec, filters.after), on pictures one by one. */
#ifndef RS_JOB_SHEET_AFTER_H
#define RS_JOB_SHEET_AFTER_H

#include "base/log.h"
#include "base/stop.h"
#include "media/frame_stage.h"

/* Zero it, set log and stop. */
typedef struct rs_sheet_after {
    const rs_log *log;        /* hears once that pictures are shown without it; may be NULL */
    const rs_stop *stop;      /* of programs; may be NULL */
    const rs_timeline *tried; /* the latest one */
    bool shown, told;
    rs_frame made, alone, behind;
} rs_sheet_after;

/* *picture, which is frame's result and of that format, becomes what the output has in its place;
 * *format: that of what comes out. Filters and programs that make of a picture something else
 * when another one comes before it, or not one of each, are passed by. timeline outlives a. */
rs_status rs_sheet_after_run(rs_sheet_after *a, const rs_timeline *timeline, const rs_frame *frame,
                             rs_stage_format *format, rs_image *picture, rs_err *err);
void rs_sheet_after_release(rs_sheet_after *a);

#endif
