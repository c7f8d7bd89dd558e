/* restyle run: a pipeline from the first frame to the finished output. */
#include <stdio.h>

#include "cli/cli.h"

enum { MAX_SHARDS = 100000 };

/* "2/8" */
static bool parse_shard(const char *text, rs_job_options *o)
{
    char rest;
    return sscanf(text, "%6d/%6d%c", &o->shard, &o->shards, &rest) == 2 && o->shard >= 1 &&
           o->shard <= o->shards && o->shards <= MAX_SHARDS;
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    rs_pipeline *p = NULL;
    const char *shard = rs_cli_value(command, args, "--shard");
    rs_job_options o = { .resumable = true, .restart = rs_cli_value(command, args, "--restart") != NULL };
    if (shard && !parse_shard(shard, &o))
        return rs_cli_usage(command->name, "--shard: '%s' is no part such as 2/8", shard);
    if (shard && o.restart)
        return rs_cli_usage(command->name, "--restart would throw away what other shards have made: remove "
                            "the folder NAME.job instead");
    int code = rs_cli_open_pipeline(args->operands[0], false, args, &p);
    if (code == RS_EXIT_OK)
        code = rs_cli_run_job(rs_pipeline_get(p), &o, rs_cli_value(command, args, "--profile"));
    rs_pipeline_close(&p);
    return code;
}

static const rs_cli_option options[] = {
    { "--restart", NULL, NULL, "throw away what an earlier run of this job has left, and begin anew" },
    { "--shard", "I/N", NULL, "only the frames of part I of N, for `restyle join`: many machines, one clip" },
    RS_CLI_PROFILE,
    { 0 }
};

const rs_cli_command rs_cmd_run = {
    .name = "run",
    .help = "Restyle a clip or a folder of frames as a pipeline describes, or go on with it",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
