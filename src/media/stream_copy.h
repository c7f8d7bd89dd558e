/* What surrounds the picture in one file, copied into another without a change to
 * its bytes: sound, subtitles, attachments, cover pictures, chapters, tags. */
#ifndef RS_MEDIA_STREAM_COPY_H
#define RS_MEDIA_STREAM_COPY_H

#include <libavformat/avformat.h>

#include "base/err.h"
#include "media/media.h"

typedef struct rs_stream_copy rs_stream_copy;

/* Adds to `out`, after the picture's stream, what `copy` (RS_COPY_*) asks for from
 * path, in this part of it; call before its header is written. Sound that the container cannot hold is
 * an error, anything else a warning. path must live as long as *sc. A file that has
 * none of it gives a *sc that copies nothing. */
rs_status rs_stream_copy_open(const char *path, unsigned copy, rs_cut part, AVFormatContext *out,
                              const rs_log *log, rs_stream_copy **sc, rs_err *err);
void rs_stream_copy_close(rs_stream_copy **sc);

/* Writes every packet that begins before until (microseconds from the part's start);
 * INT64_MAX: all that are left. Sound that begins before the part is left out; a subtitle
 * that is still shown then begins with it. Called along with the video, so the muxer never
 * has to hold more than a moment of either. */
rs_status rs_stream_copy_write(rs_stream_copy *sc, AVFormatContext *out, int64_t until, rs_err *err);

#endif
