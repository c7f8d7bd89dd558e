/* A long command at the terminal: its progress and messages on standard error, and Ctrl-C,
 * which stops it in good order the first time and at once the second time. */
#ifndef RS_CLI_CONSOLE_H
#define RS_CLI_CONSOLE_H

#include "cli/progress.h"
#include "restyle/job.h"

/* events and log are for the library. One a process, since signals are the process's. */
typedef struct rs_cli_console {
    rs_cli_progress progress;
    rs_job_events events;
    rs_log log;
} rs_cli_console;

/* profile may be NULL. c must stay where it is. */
void rs_cli_console_open(rs_cli_console *c, rs_profile *profile);

#endif
