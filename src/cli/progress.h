/* A job's progress on standard error: one line that is redrawn on a terminal, a
 * plain line now and then otherwise. */
#ifndef RS_CLI_PROGRESS_H
#define RS_CLI_PROGRESS_H

#include <stdbool.h>

#include "restyle/job.h"

typedef struct rs_cli_progress {
    bool terminal;
    double last_shown; /* seconds into the job; negative: never */
    int drawn;         /* width of the line on the terminal */
} rs_cli_progress;

void rs_cli_progress_init(rs_cli_progress *p);
void rs_cli_progress_show(rs_cli_progress *p, const rs_job_progress *job);
/* Removes the line from the terminal, so that messages start on a clean one. */
void rs_cli_progress_clear(rs_cli_progress *p);

#endif
