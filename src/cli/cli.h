/* The command line: commands and their options as rows, one registry.
 *
 * A command is one const rs_cli_command in a file cmd_NAME.c of its own and one
 * line in main.c's registry; parsing, --help and "did you mean" follow from its
 * rows. Only include/restyle may be used here. */
#ifndef RS_CLI_CLI_H
#define RS_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "restyle/job.h"
#include "restyle/pipeline.h"

/* Exit codes; README lists them. */
enum {
    RS_EXIT_OK = 0,
    RS_EXIT_FAILED = 1,      /* the job failed, or its output cannot be written */
    RS_EXIT_USAGE = 2,       /* the command line makes no sense */
    RS_EXIT_INVALID = 3,     /* the pipeline makes no sense, or is not that of the job it would go on with */
    RS_EXIT_UNREADABLE = 4,  /* pipeline, model or input cannot be read */
    RS_EXIT_INTERRUPTED = 5  /* stopped by a signal */
};

enum { RS_CLI_MAX_OPERANDS = 4, RS_CLI_MAX_OPTIONS = 32, RS_CLI_MAX_OVERRIDES = 64 };

typedef struct rs_cli_option {
    const char *name;  /* "--input" */
    const char *arg;   /* "PATH"; NULL: a flag */
    const char *key;   /* the pipeline key it overrides (a flag: with true); NULL: the command's own */
    const char *help;  /* NULL: the key's help from the schema */
} rs_cli_option;

typedef struct rs_cli_args {
    const char *operands[RS_CLI_MAX_OPERANDS];
    int n_operands;
    /* By row of the command's options: the argument, "" for a flag; NULL: not given. */
    const char *values[RS_CLI_MAX_OPTIONS];
    /* The same in their order, for options that may be repeated. */
    struct {
        const rs_cli_option *option;
        const char *value;
    } given[RS_CLI_MAX_OVERRIDES];
    size_t n_given;
    /* Options that have a key, and every --set, in their order. */
    rs_override overrides[RS_CLI_MAX_OVERRIDES];
    size_t n_overrides;
} rs_cli_args;

typedef struct rs_cli_command {
    const char *name;
    const char *help;              /* one line without a period */
    const char *operands;          /* as in the usage line: "PIPELINE"; "" for none */
    int min_operands, max_operands;
    const rs_cli_option *options;  /* ended by a row without name; may be NULL */
    bool overrides;                /* also --model, --input, --output and the like, and --set */
    int (*run)(const struct rs_cli_command *command, const rs_cli_args *args); /* an exit code */
} rs_cli_command;

/* Parses what follows the command's name. False after a message: exit 2. */
bool rs_cli_parse(const rs_cli_command *command, int argc, char **argv, rs_cli_args *args);

/* All values of one of the command's own options; returns how many, at most max. */
size_t rs_cli_values(const rs_cli_args *args, const char *name, const char **out, size_t max);

/* The value of one of the command's own options (see rs_cli_args), or NULL. */
const char *rs_cli_value(const rs_cli_command *command, const rs_cli_args *args, const char *name);

/* An option's whole number of 1 to max into *out, when it was given; false after a message. */
bool rs_cli_count(const rs_cli_command *command, const rs_cli_args *args, const char *name, int max,
                  int *out);

void rs_cli_help(const rs_cli_command *command);

/* To standard error: "restyle: ..." and a newline; usage adds where to find help. */
void rs_cli_error(const char *fmt, ...);
int rs_cli_usage(const char *command, const char *fmt, ...); /* RS_EXIT_USAGE; command may be NULL */
/* " (did you mean 'x'?)" into buf, or "". */
const char *rs_cli_guess(char *buf, size_t size, const char *word, const char *const *names, size_t n);

/* A pipeline with the overrides of args, its diagnostics printed and counted in n_diags; files are
 * not checked. path and partial: as below. */
rs_pipeline_source rs_cli_source(const char *path, bool partial, const rs_cli_args *args, int *n_diags);

/* Opens a pipeline with the overrides of args; path NULL: from them alone; partial:
 * as in rs_pipeline_source.
 * Diagnostics go to standard error, one a line. Returns an exit code and, when
 * that is RS_EXIT_OK, the pipeline. */
int rs_cli_open_pipeline(const char *path, bool partial, const rs_cli_args *args,
                         rs_pipeline **pipeline);

/* Runs the job with progress on standard error; Ctrl-C stops it. options: NULL or as for
 * rs_job_run; profile: path of a trace to be written, or NULL. An exit code. */
int rs_cli_run_job(const rs_pipeline_spec *spec, const rs_job_options *options, const char *profile);
#define RS_CLI_PROFILE \
    { "--profile", "FILE", NULL, "write what every operation costs, as a Chrome trace (Perfetto)" }

/* An rs_diag_sink.put: a line to standard error. Counts, too, in the int at cookie: without a
 * diagnostic the error itself is shown. */
void rs_cli_print_diag(void *cookie, const rs_diag *diag);

/* The exit code of a job that ended so. */
int rs_cli_job_exit(rs_status s, rs_job_part failed);

/* A text sink that writes to standard output. */
extern const rs_text_sink rs_cli_stdout;
/* Flushes standard output; RS_EXIT_FAILED with a message if that fails. */
int rs_cli_flush(void);

/* Writes to standard output what `describe` says of each operand, an empty line between two.
 * RS_EXIT_UNREADABLE when one cannot be described; the others are. */
int rs_cli_describe_each(const rs_cli_args *args,
                         rs_status (*describe)(const char *path, const rs_text_sink *sink, rs_err *err));

/* The exit code of a failed merge or conversion. */
int rs_cli_checkpoint_exit(rs_status s);

extern const rs_cli_command rs_cmd_bench, rs_cmd_check, rs_cmd_convert, rs_cmd_explain, rs_cmd_image,
    rs_cmd_info, rs_cmd_join, rs_cmd_merge, rs_cmd_models, rs_cmd_probe, rs_cmd_run, rs_cmd_schema,
    rs_cmd_sheet, rs_cmd_status;

#endif
