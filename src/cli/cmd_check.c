/* restyle check: every problem of a pipeline at once, nothing is run. */
#include <stdio.h>

#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    rs_pipeline *p = NULL;
    rs_err err = { 0 };
    const int code = rs_cli_open_pipeline(args->operands[0], false, args, &p);
    if (code != RS_EXIT_OK)
        return code;
    rs_status s = RS_OK;
    if (rs_cli_value(command, args, "--resolved"))
        s = rs_pipeline_dump(p, &rs_cli_stdout, &err);
    else
        printf("%s: ok\n", args->operands[0]);
    rs_pipeline_close(&p);
    if (s != RS_OK) {
        rs_cli_error("%s", err.msg);
        return RS_EXIT_FAILED;
    }
    return rs_cli_flush();
}

static const rs_cli_option options[] = {
    { "--resolved", NULL, NULL, "print the pipeline with all defaults and overrides filled in" },
    { 0 }
};

const rs_cli_command rs_cmd_check = {
    .name = "check",
    .help = "Validate a pipeline: every problem at once, with its place",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
