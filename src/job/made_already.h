/* Whether an output without a job is what the pipeline makes: a job that is done leaves
 * nothing else behind. */
#ifndef RS_JOB_MADE_ALREADY_H
#define RS_JOB_MADE_ALREADY_H

#include "restyle/pipeline.h"

/* True of a video that carries this very pipeline among its tags (pipe/video_text_make.h) and is
 * no older than any file that the pipeline reads. Pictures do not tell enough. */
bool rs_made_already(const rs_pipeline_spec *spec);

#endif
