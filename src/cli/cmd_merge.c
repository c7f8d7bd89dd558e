/* restyle merge: one checkpoint out of several. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "restyle/checkpoint.h"

static bool number(const char *text, const char **end, double *out)
{
    char *stop;
    errno = 0;
    *out = strtod(text, &stop);
    *end = stop;
    return stop != text && errno == 0 && *out >= -100 && *out <= 100;
}

/* "0.5,0,1,...": 26 numbers, or 25 with base in front. */
static bool read_blocks(const char *text, double base, double blocks[RS_MERGE_BLOCKS])
{
    int n = 0;
    double v[RS_MERGE_BLOCKS];
    for (const char *s = text; n < RS_MERGE_BLOCKS; s++) {
        if (!number(s, &s, &v[n++]))
            return false;
        if (*s == '\0')
            break;
        if (*s != ',')
            return false;
        if (n == RS_MERGE_BLOCKS)
            return false;
    }
    if (n < RS_MERGE_BLOCKS - 1)
        return false;
    const int skip = RS_MERGE_BLOCKS - n;
    blocks[0] = base;
    memcpy(blocks + skip, v, (size_t)n * sizeof(*v));
    return true;
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    const char *multiplier = rs_cli_value(command, args, "--multiplier"), *end = "";
    const char *list = rs_cli_value(command, args, "--blocks");
    const char *precision = rs_cli_value(command, args, "--precision");
    double blocks[RS_MERGE_BLOCKS];
    rs_err err = { 0 };
    rs_merge_options o = { .a = args->operands[0], .multiplier = 0.5,
                           .b = args->n_operands > 1 ? args->operands[1] : NULL,
                           .c = args->n_operands > 2 ? args->operands[2] : NULL,
                           .output = rs_cli_value(command, args, "--output"),
                           .vae = rs_cli_value(command, args, "--vae"),
                           .overwrite = rs_cli_value(command, args, "--overwrite") != NULL };
    if (!o.output)
        return rs_cli_usage(command->name, "where shall it be written? --output FILE.safetensors");
    if (multiplier && (!number(multiplier, &end, &o.multiplier) || *end))
        return rs_cli_usage(command->name, "--multiplier %s: expected a number from -100 to 100", multiplier);
    if (list && !read_blocks(list, o.multiplier, blocks))
        return rs_cli_usage(command->name, "--blocks: expected 26 numbers with commas between: BASE, IN00 to "
                            "IN11, M00, OUT00 to OUT11; or 25 without BASE, which is then --multiplier");
    if (precision && !rs_save_precision_parse(precision, &o.precision))
        return rs_cli_usage(command->name, "--precision %s: expected keep, f32, f16 or bf16", precision);
    o.blocks = list ? blocks : NULL;
    const rs_status s = rs_checkpoint_merge(&o, &err);
    if (s == RS_OK)
        return RS_EXIT_OK;
    rs_cli_error("%s", err.msg);
    return rs_cli_checkpoint_exit(s);
}

static const rs_cli_option options[] = {
    { "--output", "FILE", NULL, "the new checkpoint, a .safetensors file" },
    { "--multiplier", "M", NULL, "A and B: (1 - M) A + M B; with C: A + M (B - C); 0.5 when not given" },
    { "--blocks", "LIST", NULL, "a multiplier for each block: BASE,IN00..IN11,M00,OUT00..OUT11" },
    { "--vae", "FILE", NULL, "bake in this file's autoencoder" },
    { "--precision", "TYPE", NULL, "keep, f32, f16 or bf16; keep is A's own" },
    { "--overwrite", NULL, NULL, "replace the output when it exists" },
    { 0 }
};

const rs_cli_command rs_cmd_merge = {
    .name = "merge",
    .help = "Merge checkpoints: weighted sum, add difference, block weights, another VAE",
    .operands = "A [B [C]]",
    .min_operands = 1,
    .max_operands = 3,
    .options = options,
    .run = run,
};
