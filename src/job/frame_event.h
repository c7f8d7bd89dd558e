/* The file of key `events`: a line of JSON a frame. */
#ifndef RS_JOB_FRAME_EVENT_H
#define RS_JOB_FRAME_EVENT_H

#include "base/stop.h"
#include "media/media.h"
#include "stage/part_times.h"

/* What became of a frame; beside it on its way from the reader to the writer. */
typedef struct rs_frame_event {
    double decode, scale;  /* seconds, of reading */
    rs_part_times parts;   /* seconds, of the model */
    double scene_score;    /* of a cut before it; negative: not looked for */
    double make;           /* seconds from the frame to its output, with all of that */
    double drift_source, drift_previous; /* mean absolute difference, 0 to 1; negative: none */
    uint64_t seed;
    const char *stands_in; /* what is shown in the place of a result that is not finite; NULL: the result */
    bool retried;
} rs_frame_event;

typedef struct rs_event_log rs_event_log;

/* Lines are appended: a job that is taken up again, or the next of several clips, goes on in
 * the file. Lives as long as the source whose info it is, path, and stop, which may be NULL. */
rs_status rs_event_log_open(const char *path, const rs_source_info *info, const rs_stop *stop,
                            rs_event_log **log, rs_err *err);
/* Of a frame that took so many seconds to write, once the frame is kept: a crash in between costs the
 * line. It is on the disk when this returns. */
rs_status rs_event_log_write(rs_event_log *log, const rs_frame *frame, const rs_frame_event *event,
                             double write, rs_err *err);
void rs_event_log_close(rs_event_log **log); /* NULL and *NULL are fine */

#endif
