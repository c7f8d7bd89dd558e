/* What an output of ours says of how it was made. */
#ifndef RS_PIPE_MADE_TEXT_H
#define RS_PIPE_MADE_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/picture_text.h"

/* The texts of a picture; of a video, whose parameters are its whole text, with the pipeline at their
 * end. In memory of arena. RS_E_FORMAT: it is neither. */
rs_status rs_made_text_read(rs_arena *arena, const char *path, rs_picture_text *text, rs_err *err);

/* Whether a pipeline is among them: then a run of that pipeline is done, and says so. */
bool rs_made_text_there(rs_arena *arena, const char *path);

#endif
