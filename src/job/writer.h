/* The thread that keeps, converts, encodes and writes, behind the frame in the making. */
#ifndef RS_JOB_WRITER_H
#define RS_JOB_WRITER_H

#include <stdatomic.h>

#include "job/frame_event.h"
#include "job/job_folder.h"
#include "job/queue.h"
#include "job/thread.h"
#include "media/media.h"

/* Zero it before start. */
typedef struct rs_writer {
    rs_sink *sink;         /* the thread's until join */
    rs_job_folder *folder; /* its keep is the thread's until join */
    const rs_frame *frames; /* all that travel, and beside each of them what made it */
    const rs_made_frame *made;
    rs_queue *done;     /* frames to write; closed: write what is left and stop */
    rs_queue *idle;     /* written ones; cancelled after an error, so that reading stops */
    rs_event_log *log;  /* NULL: none is wanted */
    const rs_frame_event *events; /* beside each frame */
    rs_thread thread;
    atomic_bool keep_only; /* the video will not be complete: no more frames for the sink */
    atomic_bool failed; /* may be read at any time */
    rs_status status;   /* after join */
    rs_err err;
    int64_t n_written;  /* after join */
} rs_writer;

/* The caller has set all before thread; they outlive it. */
rs_status rs_writer_start(rs_writer *writer, rs_err *err);
void rs_writer_join(rs_writer *writer); /* one that never started is fine */

#endif
