/* The queue between two threads: order, waiting, closing, cancelling. */
#include "job/queue.h"
#include "job/thread.h"
#include "tests/lib/test.h"

enum { N = 20000, N_FRAMES = 5 };

static rs_err err;

/* Two queues make a ring: who takes from idle passes on through full. */
struct ring {
    rs_frame frames[N_FRAMES];
    rs_queue idle, full;
    int n; /* frames that the thread passes on; then it closes full */
};

static void ring_open(struct ring *r)
{
    CHECK_OK(rs_queue_init(&r->idle, &err));
    CHECK_OK(rs_queue_init(&r->full, &err));
    for (int i = 0; i < N_FRAMES; i++)
        rs_queue_push(&r->idle, &r->frames[i]);
}

static void ring_close(struct ring *r)
{
    rs_queue_release(&r->idle);
    rs_queue_release(&r->full);
}

static void *number_frames(void *arg)
{
    struct ring *r = arg;
    rs_frame *f;
    for (int i = 0; i < r->n && rs_queue_pop(&r->idle, &f); i++) {
        f->index = i;
        rs_queue_push(&r->full, f);
    }
    rs_queue_close(&r->full);
    return NULL;
}

static void order_and_end(void)
{
    struct ring r = { .n = N };
    rs_thread t = { 0 };
    rs_frame *f;
    int n = 0;
    ring_open(&r);
    CHECK_OK(rs_thread_start(&t, "a test", number_frames, &r, &err));
    for (; rs_queue_pop(&r.full, &f); n++) {
        CHECK_INT(f->index, n);
        rs_queue_push(&r.idle, f);
    }
    rs_thread_join(&t);
    CHECK_INT(n, N);
    ring_close(&r);
}

/* A thread that waits in pop is released by cancel, for ever. */
static void cancel_wakes(void)
{
    struct ring r = { .n = N };
    rs_thread t = { 0 };
    rs_frame *f;
    ring_open(&r);
    CHECK_OK(rs_thread_start(&t, "a test", number_frames, &r, &err));
    for (int i = 0; i < N_FRAMES; i++) /* none goes back: the thread waits for the sixth */
        CHECK(rs_queue_pop(&r.full, &f));
    rs_queue_cancel(&r.idle);
    rs_thread_join(&t);
    CHECK(!rs_queue_pop(&r.full, &f));
    ring_close(&r);
}

static void close_keeps_cancel_drops(void)
{
    for (int drop = 0; drop <= 1; drop++) {
        struct ring r = { 0 };
        rs_frame *f = NULL;
        ring_open(&r);
        if (drop)
            rs_queue_cancel(&r.idle);
        else
            rs_queue_close(&r.idle);
        rs_queue_push(&r.idle, &r.frames[0]); /* too late */
        for (int i = 0; i < N_FRAMES && !drop; i++) {
            CHECK(rs_queue_pop(&r.idle, &f));
            CHECK(f == &r.frames[i]);
        }
        CHECK(!rs_queue_pop(&r.idle, &f));
        ring_close(&r);
    }
}

static void never_opened(void)
{
    rs_queue q = { 0 };
    rs_thread t = { 0 };
    rs_queue_release(&q);
    rs_thread_join(&t);
}

int main(void)
{
    TEST_RUN(order_and_end);
    TEST_RUN(cancel_wakes);
    TEST_RUN(close_keeps_cancel_drops);
    TEST_RUN(never_opened);
    return 0;
}
