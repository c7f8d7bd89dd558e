/* Whether an output without a job is what the pipeline makes: a job that is done leaves
 * nothing else behind. */
#ifndef RS_JOB_MADE_ALREADY_H
#define RS_JOB_MADE_ALREADY_H

#include "base/stop.h"
#include "restyle/pipeline.h"

/* True of a video, of the pictures of a folder, or, where the input is a still, of one picture or a
 * batch, that are all there, carry this very pipeline (pipe/video_text_make.h), and are no older than
 * any file that the pipeline reads. *n_frames: of pictures their number; of a video it stays. stop: as
 * in rs_source_options; then nothing is. */
bool rs_made_already(const rs_pipeline_spec *spec, bool still, const rs_stop *stop, int64_t *n_frames);

#endif
