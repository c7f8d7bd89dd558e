/* Whether somebody wants what is being done to end: asked in every wait that may be long. */
#ifndef RS_BASE_STOP_H
#define RS_BASE_STOP_H

#include <stdbool.h>
#include <stddef.h>

/* How long a wait goes on without asking. */
#define RS_STOP_ASK_MS 100

typedef struct rs_stop {
    bool (*asked)(void *cookie); /* from any thread; NULL: nobody ever does */
    void *cookie;
} rs_stop;

/* stop may be NULL. */
static inline bool rs_stop_asked(const rs_stop *stop)
{
    return stop && stop->asked && stop->asked(stop->cookie);
}

#endif
