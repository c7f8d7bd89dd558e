/* restyle image: one picture, described on the command line alone. */
#include "cli/cli.h"

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    rs_pipeline *p = NULL;
    rs_cli_args with_input = *args;
    if (with_input.n_overrides == RS_CLI_MAX_OVERRIDES)
        return rs_cli_usage(command->name, "too many options");
    with_input.overrides[with_input.n_overrides++] =
        (rs_override){ "PICTURE", "input", args->operands[0] };
    int code = rs_cli_open_pipeline(NULL, false, &with_input, &p);
    if (code == RS_EXIT_OK)
        code = rs_cli_run_job(rs_pipeline_get(p), NULL, rs_cli_value(command, args, "--profile"));
    rs_pipeline_close(&p);
    return code;
}

static const rs_cli_option options[] = {
    { "--prompt", "TEXT", "img2img.prompt", NULL },
    { "--negative-prompt", "TEXT", "img2img.negative_prompt", NULL },
    { "--strength", "X", "img2img.strength", NULL },
    { "--steps", "N", "img2img.steps", NULL },
    { "--cfg-scale", "X", "img2img.cfg_scale", NULL },
    { "--sampler", "NAME", "img2img.sampler", NULL },
    { "--scheduler", "NAME", "img2img.scheduler", NULL },
    { "--seed", "N", "img2img.seed", NULL },
    { "--batch-count", "N", "batch.count", NULL },
    { "--batch-size", "N", "batch.size", NULL },
    { "--grid", NULL, "batch.grid", NULL },
    { "--size", "WxH", "size", NULL },
    { "--resize", "MODE", "resize", NULL },
    RS_CLI_PROFILE,
    { 0 }
};

const rs_cli_command rs_cmd_image = {
    .name = "image",
    .help = "Restyle one picture, without a pipeline file",
    .operands = "PICTURE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .overrides = true,
    .run = run,
};
