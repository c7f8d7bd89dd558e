/* restyle status: how far a job is. */
#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    (void)command;
    return rs_cli_describe_each(args, rs_job_describe);
}

const rs_cli_command rs_cmd_status = {
    .name = "status",
    .help = "How far jobs are, running or interrupted: progress, rate, time left, last error; of an "
            "output, a folder of outputs, or a pipeline with its clips",
    .operands = "OUTPUT|PIPELINE...",
    .min_operands = 1,
    .max_operands = RS_CLI_MAX_OPERANDS,
    .run = run,
};
