/* restyle sheet: some frames under every combination of some settings, side by side. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/console.h"
#include "restyle/sheet.h"

/* Before the first model is opened, what fails is what was written. */
static int exit_code(rs_status s, rs_job_part failed)
{
    if (failed == RS_JOB_NONE && (s == RS_E_INVALID || s == RS_E_RANGE))
        return RS_EXIT_INVALID;
    if (failed == RS_JOB_NONE && s == RS_E_NOTFOUND)
        return RS_EXIT_UNREADABLE;
    return rs_cli_job_exit(s, failed);
}

static int make(const rs_cli_args *args, const rs_sheet_options *o)
{
    int n_diags;
    rs_err err = { 0 };
    rs_cli_console c;
    rs_job_part failed;
    const rs_pipeline_source source = rs_cli_source(args->operands[0], true, args, &n_diags);
    rs_cli_console_open(&c, NULL);
    const rs_status s = rs_sheet_make(&source, o, &c.events, &c.log, &failed, &rs_cli_stdout, &err);
    rs_cli_progress_clear(&c.progress);
    if (s != RS_OK && n_diags == 0)
        rs_cli_error("%s", err.msg);
    if (s != RS_OK)
        return exit_code(s, failed);
    fprintf(stderr, "%s\n", o->output);
    return rs_cli_flush();
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    const char *vary[RS_SHEET_MAX_AXES + 1];
    rs_sheet_options o;
    rs_sheet_defaults(&o);
    o.vary = vary;
    o.n_vary = rs_cli_values(args, "--vary", vary, RS_SHEET_MAX_AXES + 1);
    if (o.n_vary > RS_SHEET_MAX_AXES)
        return rs_cli_usage(command->name, "more than %d --vary", RS_SHEET_MAX_AXES);
    if (!rs_cli_count(command, args, "--frames", RS_SHEET_MAX_FRAMES, &o.frames) ||
        !rs_cli_count(command, args, "--cell", 4096, &o.cell))
        return RS_EXIT_USAGE;
    if (rs_cli_value(command, args, "--sheet"))
        o.output = rs_cli_value(command, args, "--sheet");
    return make(args, &o);
}

static const rs_cli_option options[] = {
    { "--vary", "KEY=A,B", NULL,
      "a setting and its values, as in --vary strength=0.3,0.5; up to three times: columns, rows, "
      "blocks. prompt_sr=a,b replaces a in the prompts" },
    { "--frames", "N", NULL, "representative frames of the clip; 4 without it" },
    { "--cell", "N", NULL, "longer side of a picture on the sheet; 256 pixels without it" },
    { "--sheet", "FILE", NULL, "the PNG to write; sheet.png without it" },
    { 0 }
};

const rs_cli_command rs_cmd_sheet = {
    .name = "sheet",
    .help = "Try settings on some frames of a clip: a labelled contact sheet, with times",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
