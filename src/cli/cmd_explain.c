/* restyle explain: every derived decision of a pipeline, without diffusing. */
#include <stdio.h>

#include "cli/cli.h"
#include "restyle/explain.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    (void)command;
    int n_diags;
    rs_pipeline *p = NULL;
    rs_err err = { 0 };
    rs_job_part failed = RS_JOB_NONE;
    const rs_pipeline_source source = rs_cli_source(args->operands[0], true, args, &n_diags);
    rs_status s = rs_pipeline_open(&source, &p, &err);
    if (s == RS_OK)
        s = rs_explain(rs_pipeline_get(p), &rs_cli_stdout, &failed, &err);
    rs_pipeline_close(&p);
    if (s == RS_OK)
        return rs_cli_flush();
    if (n_diags == 0)
        rs_cli_error("%s", err.msg);
    if (failed != RS_JOB_NONE)
        return rs_cli_job_exit(s, failed);
    return s == RS_E_INVALID ? RS_EXIT_INVALID : RS_EXIT_UNREADABLE;
}

const rs_cli_command rs_cmd_explain = {
    .name = "explain",
    .help = "Print what a pipeline will do: sizes, steps, sigmas, passes, memory, time",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .overrides = true,
    .run = run,
};
