/* One job with a model that may be loaded already. */
#ifndef RS_JOB_RUNNER_H
#define RS_JOB_RUNNER_H

#include "job/stages.h"
#include "restyle/job.h"

/* As rs_job_run. stages: zeroed, then they are opened here when the input is known to be good;
 * or those of an earlier job that differed in input and output only. The caller closes them. */
rs_status rs_job_run_on(rs_stages *stages, const rs_pipeline_spec *spec, const rs_job_options *options,
                        const rs_job_events *events, const rs_log *log, rs_job_result *result, rs_err *err);

#endif
