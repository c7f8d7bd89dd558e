/* What a pipeline will do, number by number, without doing it. */
#ifndef RESTYLE_EXPLAIN_H
#define RESTYLE_EXPLAIN_H

#include "restyle/job.h"
#include "restyle/pipeline.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Puts text for a person into sink: sizes, executed steps and their sigmas, passes of the
 * network, stages, and estimates of memory and time. Opens the input and reads the model's
 * configuration, but neither loads nor runs it (an upscaler is loaded); the rate of this machine is
 * measured for a second. failed (may be NULL): the part that an error came from. */
rs_status rs_explain(const rs_pipeline_spec *spec, const rs_text_sink *sink, rs_job_part *failed,
                     rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
