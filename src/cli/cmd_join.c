/* restyle join: the output of frames that shards have made. */
#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    (void)command;
    rs_pipeline *p = NULL;
    const rs_job_options o = { .resumable = true, .join = true };
    int code = rs_cli_open_pipeline(args->operands[0], false, args, &p);
    if (code == RS_EXIT_OK)
        code = rs_cli_run_job(rs_pipeline_get(p), &o, NULL);
    rs_pipeline_close(&p);
    return code;
}

const rs_cli_command rs_cmd_join = {
    .name = "join",
    .help = "Put together what the shards of a job have made (`run --shard`)",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .overrides = true,
    .run = run,
};
