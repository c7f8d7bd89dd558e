#include "job/queue.h"

rs_status rs_queue_init(rs_queue *q, rs_err *err)
{
    if (pthread_mutex_init(&q->lock, NULL) != 0)
        return RS_FAIL(err, RS_E_NOMEM, "cannot create a lock");
    if (pthread_cond_init(&q->changed, NULL) != 0) {
        pthread_mutex_destroy(&q->lock);
        return RS_FAIL(err, RS_E_NOMEM, "cannot create a condition variable");
    }
    q->ready = true;
    return RS_OK;
}

void rs_queue_release(rs_queue *q)
{
    if (!q->ready)
        return;
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    q->ready = false;
}

void rs_queue_push(rs_queue *q, rs_frame *frame)
{
    pthread_mutex_lock(&q->lock);
    if (!q->closed) {
        RS_BUG_IF(q->n == RS_QUEUE_MAX);
        q->items[(q->first + q->n++) % RS_QUEUE_MAX] = frame;
        pthread_cond_signal(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
}

bool rs_queue_pop(rs_queue *q, rs_frame **frame)
{
    pthread_mutex_lock(&q->lock);
    while (q->n == 0 && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    const bool got = q->n > 0;
    if (got) {
        *frame = q->items[q->first];
        q->first = (q->first + 1) % RS_QUEUE_MAX;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return got;
}

static void end(rs_queue *q, bool drop)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    if (drop)
        q->n = 0;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void rs_queue_close(rs_queue *q)
{
    end(q, false);
}

void rs_queue_cancel(rs_queue *q)
{
    end(q, true);
}
