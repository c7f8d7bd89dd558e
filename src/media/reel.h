/* The frames of a source that a job asks for: a range of them, every so many, at
 * another rate, through filters. Sits behind rs_source_next.
 *
 *     source -> range -> every -> fps -> frame_chain.h */
#ifndef RS_MEDIA_REEL_H
#define RS_MEDIA_REEL_H

#include "media/media.h"

/* The source as it is without a reel. */
typedef struct rs_reel_feed {
    rs_status (*next)(void *cookie, rs_frame *frame, bool *end, rs_err *err);
    /* Frames before `to` will not be used: as many of them as can be told apart without
     * decoding may be left out. Times stay those of the whole, and by_number indices, too. */
    rs_status (*skip_to)(void *cookie, rs_moment to, bool by_number, rs_err *err);
    /* When frame n is shown, in microseconds of the film, or where the film ends; for films. */
    rs_status (*time_of)(void *cookie, int64_t n, int64_t *us, rs_err *err);
    void *cookie;
    const rs_source_info *info;
    bool numbered; /* skip_to is to keep indices in any case */
} rs_reel_feed;

typedef struct rs_reel rs_reel;

/* Reads up to the first frame of the range; one without frames is RS_E_INVALID. timeline, stop
 * (of its chain; may be NULL, as log) and what feed points at outlive the reel. */
rs_status rs_reel_open(const rs_timeline *timeline, rs_reel_feed feed, const rs_log *log,
                       const rs_stop *stop, rs_reel **reel, rs_err *err);
void rs_reel_close(rs_reel **reel);
/* Of the frames that come out. */
const rs_source_info *rs_reel_info(const rs_reel *reel);
/* As rs_source_next; indices count what comes out. */
rs_status rs_reel_next(rs_reel *reel, rs_frame *frame, bool *end, rs_err *err);

#endif
