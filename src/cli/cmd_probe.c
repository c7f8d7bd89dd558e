/* restyle probe: what a video holds. */
#include "cli/cli.h"
#include "restyle/probe.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    (void)command;
    return rs_cli_describe_each(args, rs_probe_write);
}

const rs_cli_command rs_cmd_probe = {
    .name = "probe",
    .help = "Describe videos: streams, frame times, colour, chapters, tags; compare input and output",
    .operands = "FILE...",
    .min_operands = 1,
    .max_operands = RS_CLI_MAX_OPERANDS,
    .run = run,
};
