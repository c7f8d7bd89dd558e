/* restyle info: what a picture says about how it was made. */
#include <stdio.h>

#include "cli/cli.h"
#include "restyle/infotext.h"

static int exit_code(rs_status s, const rs_err *err)
{
    if (s == RS_OK)
        return RS_EXIT_OK;
    rs_cli_error("%s", err->msg);
    return s == RS_E_INVALID ? RS_EXIT_INVALID : RS_EXIT_UNREADABLE;
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    const char *path = args->operands[0];
    int n_diags = 0;
    const rs_diag_sink diags = { rs_cli_print_diag, &n_diags };
    rs_err err = { 0 };
    rs_status s;
    if (rs_cli_value(command, args, "--pipeline")) {
        s = rs_infotext_file_to_pipeline(path, args->overrides, args->n_overrides, &diags,
                                         &rs_cli_stdout, &err);
    } else {
        s = rs_infotext_read(path, &rs_cli_stdout, &err);
        if (s == RS_OK)
            putchar('\n');
    }
    const int code = exit_code(s, &err), flushed = rs_cli_flush();
    return code != RS_EXIT_OK ? code : flushed;
}

static const rs_cli_option options[] = {
    { "--pipeline", NULL, NULL, "as a pipeline that makes such a picture; options below are put into it" },
    { 0 }
};

const rs_cli_command rs_cmd_info = {
    .name = "info",
    .help = "Print how a picture or video was made, or turn that into a pipeline",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
