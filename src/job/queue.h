/* Frames waiting between two threads, first in, first out.
 *
 * A job owns a fixed number of frames, which travel in a ring of queues. So a
 * queue never overflows, pushing never waits, and memory stays flat. */
#ifndef RS_JOB_QUEUE_H
#define RS_JOB_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "media/media.h"

#define RS_QUEUE_MAX 8

/* Zero it before init. */
typedef struct rs_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    rs_frame *items[RS_QUEUE_MAX];
    int first, n;
    bool closed, ready; /* ready: lock and changed exist */
} rs_queue;

rs_status rs_queue_init(rs_queue *q, rs_err *err);
/* No thread uses q any more. One that was never initialised is fine. */
void rs_queue_release(rs_queue *q);

/* At most RS_QUEUE_MAX frames wait. After close or cancel it does nothing. */
void rs_queue_push(rs_queue *q, rs_frame *frame);
/* Waits for a frame; false: there will be none any more. */
bool rs_queue_pop(rs_queue *q, rs_frame **frame);

void rs_queue_close(rs_queue *q);  /* what waits can still be popped */
void rs_queue_cancel(rs_queue *q); /* nothing can be popped any more */

#endif
