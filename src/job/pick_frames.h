/* Frames that stand for a clip. */
#ifndef RS_JOB_PICK_FRAMES_H
#define RS_JOB_PICK_FRAMES_H

#include "media/media.h"

/* At most this many frames of a clip are looked at; of longer ones every second, fourth... */
enum { RS_PICK_LOOK_AT = 1024 };

/* Chooses up to `want` frames that are spread over the clip and unlike each other, in order
 * of time: the one nearest to the clip's average, and then again and again the one that is
 * farthest from all chosen ones, in looks (rms of an 8x8 miniature) and time (a quarter of
 * the clip counts as much as 1/16 of the range of values). Frames of a single colour, such as
 * fades, are left out while there are others. Reads the clip twice.
 * *clip: as its source says, but for the path (NULL) and n_frames, which is counted.
 * out: [want]; out[0..*n) is the caller's to release, also on failure; names are the arena's, and
 * other texts are left out. */
rs_status rs_pick_frames(rs_arena *arena, const char *input, const rs_source_options *options, int want,
                         rs_frame *out, int *n, rs_source_info *clip, rs_err *err);

#endif
