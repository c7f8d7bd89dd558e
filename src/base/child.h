/* A program that gets bytes on its standard input and answers on its standard output. */
#ifndef RS_BASE_CHILD_H
#define RS_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/stop.h"

/* -1: closed, or none. */
typedef struct rs_child {
    pid_t pid;    /* of its process group, too: Ctrl-C in a terminal does not reach it */
    int to, from; /* do not block; not passed on to other programs */
} rs_child;

/* By the shell. Its standard error is ours. */
rs_status rs_child_start(rs_child *child, const char *command, rs_err *err);

/* As write(), without SIGPIPE: EPIPE then. */
ssize_t rs_child_write(const rs_child *child, const uint8_t *data, size_t n);

/* Its input's end. */
void rs_child_close_input(rs_child *child);

/* Waits up to `seconds` for its end, or until stop (may be NULL) is asked for; then, and when seconds
 * is 0, ends it by force. *code: what it returned, or minus the signal that ended it. False: it had to
 * be forced. */
bool rs_child_end(rs_child *child, double seconds, const rs_stop *stop, int *code);

#endif
