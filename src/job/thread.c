#define _POSIX_C_SOURCE 200809L
#include "job/thread.h"

#include <signal.h>

/* All but those that a thread raises by its own fault. */
static void signals_to_block(sigset_t *set)
{
    static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    sigfillset(set);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        sigdelset(set, own[i]);
}

rs_status rs_thread_start(rs_thread *thread, const char *what, void *(*fn)(void *), void *arg,
                          rs_err *err)
{
    sigset_t block, before;
    signals_to_block(&block);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    const int e = pthread_create(&thread->id, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e != 0)
        return rs_err_sys(err, e, "cannot start a thread for %s", what);
    thread->started = true;
    return RS_OK;
}

void rs_thread_join(rs_thread *thread)
{
    if (thread->started)
        pthread_join(thread->id, NULL);
    thread->started = false;
}
