/* A text file, or a pipe, that only ever grows by whole lines; several processes may share it. */
#ifndef RS_BASE_LINE_FILE_H
#define RS_BASE_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/stop.h"

/* Zero it before the first use. */
typedef struct rs_line_file {
    int fd;
    bool open, regular; /* regular: no pipe, and no device */
    const char *path;   /* the caller's, as long as the file is open */
    const rs_stop *stop;
} rs_line_file;

/* Creates the file, or goes on at its end; its name is on the disk when this returns. Lines begin with
 * `mark`: a last one without an end or with zeros in it, torn by a crash or a full disk, is taken
 * off; behind a line of others that has no end a line is begun. A pipe is waited for until somebody
 * reads it, unless stop (may be NULL, outlives f) is asked for. */
rs_status rs_line_file_open(rs_line_file *f, const char *path, const char *mark, const rs_stop *stop,
                            rs_err *err);
/* A line with its end, which is on the disk when this returns; after a failure nothing of it is there. */
rs_status rs_line_file_add(rs_line_file *f, const char *line, size_t n, rs_err *err);
void rs_line_file_close(rs_line_file *f); /* one that is not open is fine */

#endif
