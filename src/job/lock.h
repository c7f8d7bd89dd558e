/* A lock that no crash leaves behind: the system gives it back when the process ends. */
#ifndef RS_JOB_LOCK_H
#define RS_JOB_LOCK_H

#include <stdbool.h>

#include "base/err.h"

/* Zero it before the first use. */
typedef struct rs_lock {
    int fd;
    bool held;
} rs_lock;

typedef enum rs_lock_kind {
    RS_LOCK_ALONE,
    RS_LOCK_SHARED /* beside others that share it */
} rs_lock_kind;

/* Tries for the lock on the file at path, which is created when missing. *busy = true: another
 * process has it, named in who ("process 12 on host", or ""). Not being able to lock at all is
 * an error; RS_E_NOTFOUND: its folder is gone. */
rs_status rs_lock_try(rs_lock *lock, const char *path, rs_lock_kind kind, bool *busy, char who[128],
                      rs_err *err);
/* From alone to shared. */
void rs_lock_share(rs_lock *lock);
/* Whether anybody has it just now; looking takes it for a moment, so that who wants it must try
 * more than once. */
bool rs_lock_is_held(const char *path, char who[128]);
void rs_lock_release(rs_lock *lock); /* one that is not held is fine */

#endif
