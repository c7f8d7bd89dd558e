/* The text of a video: parameters and pipeline. */
#ifndef RS_PIPE_VIDEO_TEXT_MAKE_H
#define RS_PIPE_VIDEO_TEXT_MAKE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "restyle/pipeline.h"

/* Appends A1111's text of spec and behind it, as media/video_text.h has it, the keys that make
 * the picture and differ from the defaults. Paths are names without their folders: a film that
 * is passed on tells nothing of the disk it was made on. The output is left out. */
rs_status rs_video_text_make(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err);

#endif
