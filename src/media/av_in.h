/* Decoding one file with FFmpeg, frame after frame. */
#ifndef RS_MEDIA_AV_IN_H
#define RS_MEDIA_AV_IN_H

#include "media/media.h"

typedef struct rs_av_in rs_av_in;

/* log and stop may be NULL; stop outlives *in. */
rs_status rs_av_in_open(const char *path, rs_deinterlace deinterlace, const rs_log *log,
                        const rs_stop *stop, rs_av_in **in, rs_err *err);
void rs_av_in_close(rs_av_in **in);
const rs_source_info *rs_av_in_info(const rs_av_in *in);
/* Frames before `to` will not be used: where the container has an index, reading goes on a little
 * before it. by_number: the frames' indices must be right; they are guesses otherwise. To be
 * called before the first rs_av_in_next. */
rs_status rs_av_in_skip_to(rs_av_in *in, rs_moment to, bool by_number, rs_err *err);
/* When frame n is shown, in microseconds of the film; of one behind the last, where that ends. Reads
 * packets up to there, unless the index says that all are as long. */
rs_status rs_av_in_time_of(const rs_av_in *in, int64_t n, int64_t *us, rs_err *err);
/* From here on frames come without pictures: for their number and times. */
void rs_av_in_leave_pictures(rs_av_in *in);
/* As rs_source_next. */
rs_status rs_av_in_next(rs_av_in *in, rs_frame *frame, bool *end, rs_err *err);

#endif
