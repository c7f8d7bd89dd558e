/* restyle schema: all keys of a pipeline. */
#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    const bool markdown = rs_cli_value(command, args, "--markdown") != NULL;
    const bool yaml = rs_cli_value(command, args, "--yaml") != NULL;
    const bool json = rs_cli_value(command, args, "--json") != NULL;
    rs_err err = { 0 };
    if (markdown + yaml + json > 1)
        return rs_cli_usage(command->name, "--markdown, --yaml and --json exclude each other");
    const rs_schema_format format = markdown ? RS_SCHEMA_MARKDOWN : yaml ? RS_SCHEMA_YAML
                                    : json   ? RS_SCHEMA_JSON : RS_SCHEMA_TEXT;
    if (rs_schema_write(format, &rs_cli_stdout, &err) != RS_OK) {
        rs_cli_error("%s", err.msg);
        return RS_EXIT_FAILED;
    }
    return rs_cli_flush();
}

static const rs_cli_option options[] = {
    { "--markdown", NULL, NULL, "as Markdown tables (pipelines/SCHEMA.md)" },
    { "--yaml", NULL, NULL, "as a pipeline of all keys with their defaults (pipelines/reference.yaml)" },
    { "--json", NULL, NULL, "as JSON Schema, for editors" },
    { 0 }
};

const rs_cli_command rs_cmd_schema = {
    .name = "schema",
    .help = "Print every key of a pipeline with its values, default and meaning",
    .operands = "",
    .options = options,
    .run = run,
};
