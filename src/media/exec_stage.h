/* Frames through an external program. It gets one line,
 *
 *     RESTYLE1 WIDTH HEIGHT rgb24 RATE\n
 *
 * (rgb48le with exec.bits 16; RATE as 30000/1001), and behind it every frame: HEIGHT rows of WIDTH
 * pixels, red, green, blue, without padding. It answers in the same way, with a line whose width,
 * height and format are what exec.size and exec.bits say, and one frame for each that it gets, in
 * order; it may read ahead. `cat` changes nothing. */
#ifndef RS_MEDIA_EXEC_STAGE_H
#define RS_MEDIA_EXEC_STAGE_H

#include "media/frame_stage.h"

/* *format: of what goes in; becomes that of what comes out. spec outlives the stage, as does stop, which
 * may be NULL and ends every wait for the program. */
rs_status rs_exec_stage_open(const rs_exec_spec *spec, rs_stage_format *format, const rs_log *log,
                             const rs_stop *stop, rs_frame_stage *stage, rs_err *err);

#endif
