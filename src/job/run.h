/* What a run of a pipeline is made of. run_open.c opens and closes it, runner.c sends frames through. */
#ifndef RS_JOB_RUN_H
#define RS_JOB_RUN_H

#include "job/frame_maker.h"
#include "job/job_folder.h"
#include "job/queue.h"
#include "job/reader.h"
#include "job/stages.h"
#include "job/writer.h"
#include "media/media.h"
#include "restyle/job.h"

/* Being decoded, ready, in the making, two that wait for the encoder, with it. */
#define RS_RUN_FRAMES 6
_Static_assert(RS_RUN_FRAMES <= RS_FRAME_TEXTS, "a text for each");

/* Zeroed, but for the first seven, which the caller sets. */
typedef struct rs_run {
    const rs_pipeline_spec *spec;
    const rs_job_options *options;
    const rs_job_events *events;
    const rs_log *log;
    rs_job_result *result;
    rs_stages *stages;    /* the caller's */
    rs_stop stop;         /* for those who wait */
    rs_source *source;
    rs_sink *sink;
    rs_sink_kind sink_kind;
    rs_frame_maker maker; /* with a slot a frame for its texts */
    rs_frame frames[RS_RUN_FRAMES];
    rs_made_frame made[RS_RUN_FRAMES]; /* beside each frame */
    rs_frame_event frame_events[RS_RUN_FRAMES]; /* the same */
    rs_event_log *event_log;
    rs_job_folder folder; /* of a resumable job; zeroed otherwise */
    rs_queue idle, ready, done;
    rs_reader reader;
    rs_writer writer;
    rs_mask_source *masks; /* NULL: no mask */
    rs_pipeline_spec styled; /* what spec is once the model is needed */
    rs_arena *prompts;    /* of styled's */
    rs_arena *arena;      /* of a batch's names; NULL: no batch */
    const rs_frame *batch_of; /* what its pictures are made of */
    rs_job_progress progress;
    bool cancelled;       /* by the caller */
    double started, first_frame;
    double first_made;    /* when the first frame that is not fetched began */
    int64_t n_made;
} rs_run;

/* The source, the job's folder, the model unless it is loaded, the sink; result->failed says what
 * would not open. With folder.finished there is nothing to do, and the rest stays closed. */
rs_status rs_run_open(rs_run *j, rs_err *err);
/* cause: why it stopped, or RS_OK. What is not complete by now is dropped. */
void rs_run_close(rs_run *j, const rs_err *cause);

#endif
