/* restyle convert: a checkpoint in the other layout, or another precision. */
#include "cli/cli.h"
#include "restyle/checkpoint.h"

int rs_cli_checkpoint_exit(rs_status s)
{
    return s == RS_E_INVALID ? RS_EXIT_USAGE
           : s == RS_E_IO || s == RS_E_NOMEM ? RS_EXIT_FAILED : RS_EXIT_UNREADABLE;
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    const char *precision = rs_cli_value(command, args, "--precision");
    rs_err err = { 0 };
    rs_convert_options o = { .input = args->operands[0], .output = args->operands[1],
                             .tokenizer = rs_cli_value(command, args, "--tokenizer"),
                             .overwrite = rs_cli_value(command, args, "--overwrite") != NULL };
    if (precision && !rs_save_precision_parse(precision, &o.precision))
        return rs_cli_usage(command->name, "--precision %s: expected keep, f32, f16 or bf16", precision);
    const rs_status s = rs_checkpoint_convert(&o, &err);
    if (s == RS_OK)
        return RS_EXIT_OK;
    rs_cli_error("%s", err.msg);
    return rs_cli_checkpoint_exit(s);
}

static const rs_cli_option options[] = {
    { "--precision", "TYPE", NULL, "keep, f32, f16 or bf16" },
    { "--tokenizer", "PATH", NULL, "folder with vocab.json and merges.txt, to go into a model folder" },
    { "--overwrite", NULL, NULL, "replace files of the output that exist" },
    { 0 }
};

const rs_cli_command rs_cmd_convert = {
    .name = "convert",
    .help = "Convert a model: single file to diffusers folder and back, precision, without EMA",
    .operands = "MODEL OUTPUT",
    .min_operands = 2,
    .max_operands = 2,
    .options = options,
    .run = run,
};
