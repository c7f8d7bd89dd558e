/* restyle status: how far a job is. */
#include <stdio.h>

#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    (void)command;
    int code = RS_EXIT_OK;
    for (int i = 0; i < args->n_operands; i++) {
        rs_err err = { 0 };
        if (i)
            putchar('\n');
        if (rs_job_describe(args->operands[i], &rs_cli_stdout, &err) != RS_OK) {
            rs_cli_error("%s", err.msg);
            code = RS_EXIT_UNREADABLE;
        }
    }
    const int flushed = rs_cli_flush();
    return flushed != RS_EXIT_OK ? flushed : code;
}

const rs_cli_command rs_cmd_status = {
    .name = "status",
    .help = "How far jobs are, running or interrupted: progress, rate, time left, last error",
    .operands = "OUTPUT...",
    .min_operands = 1,
    .max_operands = RS_CLI_MAX_OPERANDS,
    .run = run,
};
