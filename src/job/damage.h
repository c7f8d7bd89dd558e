/* What is wrong with a job's input, told as it comes to light. */
#ifndef RS_JOB_DAMAGE_H
#define RS_JOB_DAMAGE_H

#include "media/media.h"
#include "restyle/job.h"

/* Counts a frame that is held into result, and warns with its place. */
void rs_damage_note_frame(rs_job_result *result, const rs_source_info *info, const rs_frame *frame,
                          const rs_log *log);

/* After the last frame. */
void rs_damage_note_end(rs_job_result *result, const rs_source_info *info, const rs_log *log);

#endif
