/* All audio streams of one file, copied packet by packet into another. */
#ifndef RS_MEDIA_AUDIO_COPY_H
#define RS_MEDIA_AUDIO_COPY_H

#include <libavformat/avformat.h>

#include "base/err.h"

typedef struct rs_audio_copy rs_audio_copy;

/* Adds one stream to `out` per audio stream of path; call before its header is
 * written. A file without audio gives *copy that copies nothing. */
rs_status rs_audio_copy_open(const char *path, AVFormatContext *out, rs_audio_copy **copy,
                             rs_err *err);
void rs_audio_copy_close(rs_audio_copy **copy);

/* Writes every packet that begins before until (microseconds from the start);
 * INT64_MAX: all that are left. Called along with the video, so the muxer never
 * has to hold more than a moment of either. */
rs_status rs_audio_copy_write(rs_audio_copy *copy, AVFormatContext *out, int64_t until,
                              rs_err *err);

#endif
