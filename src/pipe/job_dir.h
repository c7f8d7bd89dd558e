/* The folder beside an output in which its job keeps what it has done. */
#ifndef RS_PIPE_JOB_DIR_H
#define RS_PIPE_JOB_DIR_H

#include <stdbool.h>

#include "base/arena.h"

/* "out/demo.mp4" -> "out/demo.job", a folder "frames/" -> "frames.job"; NULL: no memory. */
const char *rs_job_dir(rs_arena *arena, const char *output, bool folder);

#endif
