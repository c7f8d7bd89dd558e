/* A thread of the job beside the caller's. */
#ifndef RS_JOB_THREAD_H
#define RS_JOB_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

/* Zero it before the first use. */
typedef struct rs_thread {
    pthread_t id;
    bool started;
} rs_thread;

/* Signals stay with the application's threads: this one has them blocked. what
 * names the thread in the error. */
rs_status rs_thread_start(rs_thread *thread, const char *what, void *(*fn)(void *), void *arg,
                          rs_err *err);
void rs_thread_join(rs_thread *thread); /* one that was never started is fine */

#endif
