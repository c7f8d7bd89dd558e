#include <stdio.h>

#include "cli/cli.h"

void rs_cli_print_diag(void *cookie, const rs_diag *diag)
{
    char line[4096];
    ++*(int *)cookie;
    rs_diag_format(diag, line, sizeof(line));
    fprintf(stderr, "%s\n", line);
}

rs_pipeline_source rs_cli_source(const char *path, bool partial, const rs_cli_args *args, int *n_diags)
{
    *n_diags = 0;
    return (rs_pipeline_source){
        .path = path,
        .overrides = args->overrides,
        .n_overrides = args->n_overrides,
        .partial = partial,
        .diags = { rs_cli_print_diag, n_diags },
    };
}

static int exit_code(rs_status s)
{
    return s == RS_E_INVALID ? RS_EXIT_INVALID : s == RS_E_NOTFOUND ? RS_EXIT_UNREADABLE : RS_EXIT_FAILED;
}

int rs_cli_open_pipeline(const char *path, bool partial, const rs_cli_args *args,
                         rs_pipeline **pipeline)
{
    int n;
    rs_err err = { 0 };
    rs_pipeline_source source = rs_cli_source(path, partial, args, &n);
    source.check_files = true;
    const rs_status s = rs_pipeline_open(&source, pipeline, &err);
    if (s == RS_OK)
        return RS_EXIT_OK;
    if (n == 0)
        rs_cli_error("%s", err.msg);
    return exit_code(s);
}

static void put_stdout(void *cookie, const char *text, size_t len)
{
    (void)cookie;
    fwrite(text, 1, len, stdout);
}

const rs_text_sink rs_cli_stdout = { put_stdout, NULL };

int rs_cli_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return RS_EXIT_OK;
    rs_cli_error("cannot write to standard output");
    return RS_EXIT_FAILED;
}

int rs_cli_describe_each(const rs_cli_args *args,
                         rs_status (*describe)(const char *path, const rs_text_sink *sink, rs_err *err))
{
    int code = RS_EXIT_OK;
    for (int i = 0; i < args->n_operands; i++) {
        rs_err err = { 0 };
        if (i)
            putchar('\n');
        if (describe(args->operands[i], &rs_cli_stdout, &err) != RS_OK) {
            rs_cli_error("%s", err.msg);
            code = RS_EXIT_UNREADABLE;
        }
    }
    const int flushed = rs_cli_flush();
    return flushed != RS_EXIT_OK ? flushed : code;
}
