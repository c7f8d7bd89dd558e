/* The pictures that a run of a pipeline leaves: whether they are there. */
#ifndef RS_JOB_MADE_PICTURES_H
#define RS_JOB_MADE_PICTURES_H

#include <time.h>

#include "base/arena.h"
#include "media/media.h"
#include "restyle/pipeline.h"

static inline bool rs_time_is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* kind: of spec's output, a folder or a picture. True: every picture that a run leaves is there and
 * carries `pipeline` (a folder: and no others); *oldest of their times, and their number. Reads the
 * heads of files; of an input whose frames nobody has counted, the frames, until stop (which may be
 * NULL) asks for an end. */
bool rs_made_pictures(rs_arena *arena, const rs_pipeline_spec *spec, rs_sink_kind kind,
                      const char *pipeline, const rs_stop *stop, struct timespec *oldest, int64_t *n);

#endif
