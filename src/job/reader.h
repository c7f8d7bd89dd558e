/* The thread that decodes and scales, ahead of the frame in the making. */
#ifndef RS_JOB_READER_H
#define RS_JOB_READER_H

#include "job/fit.h"
#include "job/frame_event.h"
#include "job/job_folder.h"
#include "job/queue.h"
#include "job/scenes.h"
#include "job/thread.h"
#include "media/mask_source.h"

/* A frame at the source's size. */
typedef struct rs_decoded {
    rs_frame frame;
    rs_mask mask;
    double scene_score;
    double seconds;    /* it took to decode */
    bool end;          /* there is none any more */
} rs_decoded;

/* Zero it before start. */
typedef struct rs_reader {
    rs_source *source; /* the thread's until join */
    rs_mask_source *masks; /* NULL: frames have none */
    rs_fitter fitter;  /* its fit and aspect */
    rs_scenes scenes;  /* its threshold */
    const rs_job_folder *folder; /* which frames are made, and which only get their times and names */
    rs_queue *idle;    /* frames to fill; cancelled: stop */
    rs_queue *ready;   /* filled ones, scaled; closed at the end and after an error */
    const rs_frame *frames; /* all that travel, and beside each what is noted of it */
    rs_frame_event *events;
    rs_decoded decoded, ahead; /* this one, and the one behind it, which tells whether a scene ends */
    rs_status ahead_status; /* of reading that */
    rs_thread thread;
    rs_status status;  /* after join: why reading ended */
    rs_err err;
} rs_reader;

/* The caller has set all before decoded; they outlive the thread. */
rs_status rs_reader_start(rs_reader *reader, rs_err *err);
/* Waits for the thread and gives its memory back. One that never started is fine. */
void rs_reader_join(rs_reader *reader);

#endif
