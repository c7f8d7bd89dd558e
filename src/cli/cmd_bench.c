/* restyle bench: how fast a model runs on this machine. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "restyle/bench.h"

#define MAX_SIZES 16

/* One of the names that the library lists. */
static bool take_name(const rs_cli_command *command, const rs_cli_args *args, const char *name,
                      const char *(*list)(size_t i), const char **out)
{
    const char *text = rs_cli_value(command, args, name), *names[16];
    char guess[96];
    size_t n = 0;
    if (!text)
        return true;
    for (; n < 16 && (names[n] = list(n)); n++)
        if (strcmp(names[n], text) == 0) {
            *out = names[n];
            return true;
        }
    rs_cli_usage(command->name, "%s %s: unknown%s", name, text,
                 rs_cli_guess(guess, sizeof(guess), text, names, n));
    return false;
}

static int exit_code(rs_status s)
{
    return s == RS_E_INVALID ? RS_EXIT_INVALID : s == RS_E_NOMEM ? RS_EXIT_FAILED : RS_EXIT_UNREADABLE;
}

/* One size, NULL: the default; an exit code. */
static int measure(rs_bench_options o, const rs_cli_args *args, const char *size, rs_bench **bench)
{
    rs_cli_args sized = *args;
    rs_pipeline *p = NULL;
    if (size && sized.n_overrides < RS_CLI_MAX_OVERRIDES)
        sized.overrides[sized.n_overrides++] = (rs_override){ "--size", "size", size };
    int code = rs_cli_open_pipeline(NULL, true, &sized, &p);
    if (code == RS_EXIT_OK) {
        const rs_pipeline_spec *spec = rs_pipeline_get(p);
        rs_err err = { 0 };
        o.model = spec->model;
        o.engine = rs_pipeline_model_options(spec);
        if (spec->size.width > 0)
            o.size = spec->size;
        const rs_status s = rs_bench_run(&o, bench, &err);
        if (s != RS_OK) {
            rs_cli_error("%s", err.msg);
            code = exit_code(s);
        }
    }
    rs_pipeline_close(&p);
    return code;
}

static int print(const rs_bench *const *benches, size_t n, bool json)
{
    const rs_bench_format format = json ? RS_BENCH_JSON : RS_BENCH_TABLES;
    rs_err err = { 0 };
    const rs_status s = n == 1 ? rs_bench_write(benches[0], format, &rs_cli_stdout, &err)
                               : rs_bench_write_sizes(benches, n, format, &rs_cli_stdout, &err);
    if (s == RS_OK)
        return rs_cli_flush();
    rs_cli_error("%s", err.msg);
    return exit_code(s);
}

/* Every size of "256x256,512x512"; NULL: the default alone. */
static int measure_all(const rs_cli_command *command, const rs_cli_args *args, const rs_bench_options *o)
{
    const char *list = rs_cli_value(command, args, "--size");
    char text[MAX_SIZES * 16] = "";
    rs_bench *benches[MAX_SIZES] = { 0 };
    size_t n = 0;
    int code = RS_EXIT_OK;
    if (list && strlen(list) >= sizeof(text))
        return rs_cli_usage(command->name, "--size: at most %d sizes, as 256x256,512x512", MAX_SIZES);
    snprintf(text, sizeof(text), "%s", list ? list : "");
    for (char *at = text, *next; code == RS_EXIT_OK && at; at = next) {
        if ((next = strchr(at, ',')))
            *next++ = '\0';
        code = n < MAX_SIZES ? measure(*o, args, list ? at : NULL, &benches[n++])
                             : rs_cli_usage(command->name, "--size: at most %d sizes", MAX_SIZES);
    }
    if (code == RS_EXIT_OK)
        code = print((const rs_bench *const *)benches, n, rs_cli_value(command, args, "--json") != NULL);
    for (size_t i = 0; i < n; i++)
        rs_bench_close(&benches[i]);
    return code;
}

static int run(const rs_cli_command *command, const rs_cli_args *args)
{
    rs_bench_options o;
    rs_bench_defaults(&o);
    if (!rs_cli_count(command, args, "--batch", 64, &o.batch) ||
        !rs_cli_count(command, args, "--repeat", 1000, &o.repeat) ||
        !take_name(command, args, "--arch", rs_bench_arch, &o.arch) ||
        !take_name(command, args, "--part", rs_bench_part_name, &o.part))
        return RS_EXIT_USAGE;
    o.split = rs_cli_value(command, args, "--split") != NULL;
    return measure_all(command, args, &o);
}

static const rs_cli_option options[] = {
    { "--arch", "NAME", NULL, "random weights of this size, made in memory: sd15 (default) or tiny" },
    { "--model", "PATH", "model", "a real model instead" },
    { "--tokenizer", "PATH", "tokenizer", NULL },
    { "--size", "WxH,...", NULL, "size of the picture, 512x512 without it; of several: cost per pixel" },
    { "--batch", "N", NULL, "passes of the network in a step: 2 (default) is a guided step" },
    { "--threads", "N", "threads", NULL },
    { "--memory", "MODE", "memory", NULL },
    { "--precision", "MODE", "precision", NULL },
    { "--repeat", "N", NULL, "timed runs of each part after one to warm up; 3 without it" },
    { "--part", "NAME", NULL, "only text_encoder, unet_step, vae_encode or vae_decode" },
    { "--split", NULL, NULL, "simulate 1, 2, 4, 8 and 16 threads: speed-up, serial share, pieces" },
    { "--json", NULL, NULL, "one flat JSON object instead of tables; of several sizes an array" },
    { 0 }
};

const rs_cli_command rs_cmd_bench = {
    .name = "bench",
    .help = "Time a model's parts, layer by layer, beside the machine's matrix product",
    .operands = "",
    .options = options,
    .run = run,
};
