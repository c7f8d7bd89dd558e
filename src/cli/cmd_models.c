/* restyle models: what a model on disk is, and what it lacks. */
#include <stdio.h>

#include "cli/cli.h"
#include "restyle/inspect.h"

static void print_line(void *cookie, const char *text)
{
    (void)cookie;
    printf("%s\n", text);
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    int code = RS_EXIT_OK;
    for (int i = 0; i < args->n_operands; i++) {
        rs_model_info *info = NULL;
        rs_err err = { 0 };
        if (i)
            putchar('\n');
        if (rs_model_inspect(args->operands[i], rs_cli_value(command, args, "--tokenizer"), &info,
                             &err) != RS_OK) {
            rs_cli_error("%s", err.msg);
            code = RS_EXIT_UNREADABLE;
            continue;
        }
        rs_model_print(info, print_line, NULL);
        if (info->n_problems > 0)
            code = RS_EXIT_UNREADABLE;
        rs_model_info_close(&info);
    }
    const int flushed = rs_cli_flush();
    return flushed != RS_EXIT_OK ? flushed : code;
}

static const rs_cli_option options[] = {
    { "--tokenizer", "PATH", NULL, "folder with vocab.json and merges.txt" },
    { 0 }
};

const rs_cli_command rs_cmd_models = {
    .name = "models",
    .help = "Describe model files or folders: family, parts, precision, what is missing",
    .operands = "MODEL...",
    .min_operands = 1,
    .max_operands = RS_CLI_MAX_OPERANDS,
    .options = options,
    .run = run,
};
