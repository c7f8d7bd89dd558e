/* A pipeline of several inputs: one job after the other, with the model loaded once. */
#ifndef RESTYLE_CLIPS_H
#define RESTYLE_CLIPS_H

#include <stddef.h>

#include "restyle/job.h"
#include "restyle/pipeline.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One of them; what it points to lives until rs_clips_run returns. */
typedef struct rs_clip {
    size_t number, n_clips;  /* 1 to n_clips */
    const char *input, *output;
    rs_status status;        /* of its job, when that has ended */
    const char *message;     /* NULL: it went well */
    rs_job_result result;
} rs_clip;

/* Both may be NULL. */
typedef struct rs_clips_events {
    void (*begin)(void *cookie, const rs_clip *clip);
    void (*end)(void *cookie, const rs_clip *clip);
    void *cookie;
} rs_clips_events;

/* Runs spec for each of its inputs; the output of each lies in the folder that `output` names,
 * or where its name stands in the place of {name}. A clip that cannot be read, made or written
 * does not stop the others: RS_OK, and *n_failed says how many. RS_E_CANCELLED: by the job's
 * events; any other error is the model's. options, of each job, clips, job and log may be NULL. */
rs_status rs_clips_run(const rs_pipeline_spec *spec, const rs_job_options *options,
                       const rs_clips_events *clips, const rs_job_events *job, const rs_log *log,
                       size_t *n_failed, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
