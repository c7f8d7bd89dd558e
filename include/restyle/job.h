/* Jobs: a pipeline run from its first frame to the finished output. */
#ifndef RESTYLE_JOB_H
#define RESTYLE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "restyle/log.h"
#include "restyle/pipeline.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_job_progress {
    int64_t frame;      /* frames restyled; the last few may still be on their way to the output */
    int64_t n_frames;   /* of how many; 0: unknown */
    int step, n_steps;  /* within the frame being worked on */
    double seconds;     /* since the first frame began */
    double per_frame;   /* seconds a frame, mean; 0 before the first is done */
    double eta;         /* seconds left; negative: unknown */
} rs_job_progress;

/* Called before each denoising step and after each frame, from the calling
 * thread. Returning false stops the job (RS_E_CANCELLED): pictures of a folder
 * that are done are still written. */
typedef struct rs_job_events {
    bool (*progress)(void *cookie, const rs_job_progress *progress);
    void *cookie;
    /* Called once, before anything is written, with the only name an incomplete
     * file of the job will have, from here until rs_job_run returns: a process
     * that ends without waiting for that may remove it. May be NULL. */
    void (*temporary)(void *cookie, const char *path);
    /* Whether the job should stop, which is then RS_E_CANCELLED as well: asked several times a second,
     * from any thread, where nothing goes on and no progress is told, such as while a program of
     * `exec` keeps its frame. May be NULL. */
    bool (*stopped)(void *cookie);
    rs_profile *profile; /* gets the operations of every frame; may be NULL */
} rs_job_events;

/* Beside its output a job keeps a folder NAME.job, from which a later run goes on where this one
 * was stopped, by whatever: killed, cancelled, out of disk space. The output is then byte by
 * byte what an undisturbed run would have made. */
typedef struct rs_job_options {
    bool resumable;    /* false: without that folder; one picture never has it */
    bool restart;      /* throw away what an earlier run has left */
    int shard, shards; /* make the frames of one part of so many, 1 to shards; no output. 0: all */
    bool join;         /* complete the output of frames that are all made, by shards */
    bool keep_done;    /* of a finished job leave its journal, for a run that looks whether it is */
} rs_job_options;

/* Which part of a job an error came from. */
typedef enum rs_job_part {
    RS_JOB_NONE,
    RS_JOB_INPUT,
    RS_JOB_MODEL,
    RS_JOB_FRAME, /* restyling a frame */
    RS_JOB_OUTPUT,
    RS_JOB_STATE  /* what an earlier run has left */
} rs_job_part;

typedef struct rs_job_result {
    int64_t frames;     /* written */
    int64_t resumed;    /* of them made by earlier runs, or other shards */
    bool finished;      /* nothing was to be done: the output was complete */
    int width, height;  /* of the last one */
    double seconds;     /* from opening the input to the finished output */
    int64_t held;       /* frames in whose place the input is damaged */
    bool truncated;     /* the input ends too early */
    int64_t replaced;   /* frames whose result was not finite, and something else stands in */
    rs_job_part failed; /* RS_JOB_NONE on success */
} rs_job_result;

/* Runs spec to its end. The output appears under its name only when it is
 * complete (the pictures of a folder one by one). options, events, log and result may be
 * NULL; result is filled in on failure as well. */
rs_status rs_job_run(const rs_pipeline_spec *spec, const rs_job_options *options,
                     const rs_job_events *events, const rs_log *log, rs_job_result *result, rs_err *err);

/* Describes the job of an output, or of a folder NAME.job, for a person: whether it runs, how far
 * it is, how long a frame takes and the rest will, why it stopped. Of a pipeline (.yaml) that of each
 * of its outputs, of another folder that of the jobs in it. Reads their journals, also while they grow.
 * RS_E_NOTFOUND: there is neither a job nor the output. */
rs_status rs_job_describe(const char *path, const rs_text_sink *sink, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
