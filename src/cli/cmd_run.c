/* restyle run: a pipeline from the first frame to the finished output. */
#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    rs_pipeline *p = NULL;
    int code = rs_cli_open_pipeline(args->operands[0], false, args, &p);
    if (code == RS_EXIT_OK)
        code = rs_cli_run_job(rs_pipeline_get(p), rs_cli_value(command, args, "--profile"));
    rs_pipeline_close(&p);
    return code;
}

static const rs_cli_option options[] = {
    RS_CLI_PROFILE,
    { 0 }
};

const rs_cli_command rs_cmd_run = {
    .name = "run",
    .help = "Restyle a clip or a folder of frames as a pipeline describes",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
