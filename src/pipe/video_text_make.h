/* What an output tells of the pipeline that made it. */
#ifndef RS_PIPE_VIDEO_TEXT_MAKE_H
#define RS_PIPE_VIDEO_TEXT_MAKE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "restyle/pipeline.h"

/* Of a picture: appends the keys that make it and differ from the defaults, in YAML. Paths are names
 * without their folders: what is passed on tells nothing of the disk it was made on. The output is
 * left out. */
rs_status rs_pipeline_text_make(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err);

/* Of a video: A1111's text of spec, and that behind it, as media/video_text.h has it. */
rs_status rs_video_text_make(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err);

#endif
