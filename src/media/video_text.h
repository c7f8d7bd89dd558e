/* What a video says about how it was made: among its tags, a text with a pipeline behind
 * the parameters. */
#ifndef RS_MEDIA_VIDEO_TEXT_H
#define RS_MEDIA_VIDEO_TEXT_H

#include <stdbool.h>

#include <libavutil/dict.h>

#include "base/arena.h"
#include "base/err.h"

/* The line between the two. */
#define RS_VIDEO_TEXT_MARK "\nrestyle pipeline:\n"

/* The pipeline, in YAML, of such a text; NULL: it is another one. */
const char *rs_video_text_pipeline(const char *text);

/* Puts text in the place of such a one, or else under the first of the keys that players show
 * which is free, so nobody's own comment is lost. False: all are taken, or there is no memory. */
bool rs_video_text_put(AVDictionary **tags, const char *text);

/* *text: of the file's tags, or NULL. */
rs_status rs_video_text_read(rs_arena *arena, const char *path, const char **text, rs_err *err);

#endif
