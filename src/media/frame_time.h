/* When a frame of a film is shown, by its number. */
#ifndef RS_MEDIA_FRAME_TIME_H
#define RS_MEDIA_FRAME_TIME_H

#include <stdint.h>

#include "base/err.h"
#include "base/stop.h"

/* Of frame n (0, 1, ...), in microseconds from the film's start, by the times of its packets; of
 * one behind the last, where the last one ends. Reads the file up to there without decoding it; stop
 * (may be NULL) cuts that short. */
rs_status rs_frame_time(const char *path, const rs_stop *stop, int64_t n, int64_t *us, rs_err *err);

#endif
