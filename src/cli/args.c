/* argv against the option rows of a command. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const rs_cli_option override_options[] = {
    { "--model", "PATH", "model", NULL },
    { "--input", "PATH", "input", NULL },
    { "--output", "PATH", "output", NULL },
    { "--overwrite", NULL, "overwrite", "replace the output when it exists" },
    { "--threads", "N", "threads", NULL },
    { "--memory", "MODE", "memory", NULL },
    { "--precision", "MODE", "precision", NULL },
    { "--set", "KEY=VALUE", NULL, "override any key, as in --set img2img.steps=30; may be repeated" },
    { 0 }
};

void rs_cli_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("restyle: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

int rs_cli_usage(const char *command, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("restyle: ", stderr);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\nsee 'restyle %s%s--help'\n", command ? command : "", command ? " " : "");
    va_end(ap);
    return RS_EXIT_USAGE;
}

const char *rs_cli_guess(char *buf, size_t size, const char *word, const char *const *names, size_t n)
{
    const char *guess = rs_suggest(word, names, n);
    snprintf(buf, size, guess ? " (did you mean '%s'?)" : "%s", guess ? guess : "");
    return buf;
}

static const rs_cli_option *find_in(const rs_cli_option *o, const char *name, size_t len)
{
    for (; o && o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

static const rs_cli_option *find_option(const rs_cli_command *command, const char *name, size_t len)
{
    const rs_cli_option *o = find_in(command->options, name, len);
    return o || !command->overrides ? o : find_in(override_options, name, len);
}

static bool unknown_option(const rs_cli_command *command, const char *arg, size_t len)
{
    const rs_cli_option *lists[] = { command->options, command->overrides ? override_options : NULL };
    const char *names[2 * RS_CLI_MAX_OPTIONS];
    char word[64], guess[96];
    size_t n = 0;
    for (size_t k = 0; k < 2; k++) {
        for (const rs_cli_option *o = lists[k]; o && o->name && n < 2 * RS_CLI_MAX_OPTIONS; o++)
            names[n++] = o->name;
    }
    snprintf(word, sizeof(word), "%.*s", len < 60 ? (int)len : 60, arg);
    rs_cli_usage(command->name, "unknown option '%s'%s", word,
                 rs_cli_guess(guess, sizeof(guess), word, names, n));
    return false;
}

static bool store(const rs_cli_command *command, const rs_cli_option *o, const char *value,
                  rs_cli_args *args)
{
    const bool own = find_in(command->options, o->name, strlen(o->name)) == o;
    if (own)
        args->values[o - command->options] = value ? value : "";
    if (own && args->n_given < RS_CLI_MAX_OVERRIDES) {
        args->given[args->n_given].option = o;
        args->given[args->n_given++].value = value ? value : "";
    }
    if (own && !o->key)
        return true;
    if (!o->key && !strchr(value, '=')) {
        rs_cli_usage(command->name, "%s %s: expected KEY=VALUE, such as %s img2img.steps=20", o->name,
                     value, o->name);
        return false;
    }
    if (args->n_overrides == RS_CLI_MAX_OVERRIDES) {
        rs_cli_usage(command->name, "more than %d options that change the pipeline: write them into "
                     "a file", (int)RS_CLI_MAX_OVERRIDES);
        return false;
    }
    args->overrides[args->n_overrides++] = (rs_override){ o->name, o->key, value ? value : "true" };
    return true;
}

/* One option at argv[*i], as "--name value" or "--name=value". */
static bool take_option(const rs_cli_command *command, int argc, char **argv, int *i,
                        rs_cli_args *args)
{
    const char *arg = argv[*i];
    const size_t len = strcspn(arg, "=");
    const char *value = arg[len] ? arg + len + 1 : NULL;
    const rs_cli_option *o = find_option(command, arg, len);
    if (!o)
        return unknown_option(command, arg, len);
    if (!o->arg && value) {
        rs_cli_usage(command->name, "option '%s' takes no value", o->name);
        return false;
    }
    if (o->arg && !value && *i + 1 == argc) {
        rs_cli_usage(command->name, "option '%s' needs a value: %s %s", o->name, o->name, o->arg);
        return false;
    }
    if (o->arg && !value)
        value = argv[++*i];
    return store(command, o, value, args);
}

bool rs_cli_parse(const rs_cli_command *command, int argc, char **argv, rs_cli_args *args)
{
    bool only_operands = false;
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_option(command, argc, argv, &i, args))
                return false;
        } else if (args->n_operands == command->max_operands) {
            rs_cli_usage(command->name, "unexpected argument '%s'", argv[i]);
            return false;
        } else {
            args->operands[args->n_operands++] = argv[i];
        }
    }
    if (args->n_operands < command->min_operands) {
        rs_cli_usage(command->name, "missing argument: restyle %s %s", command->name, command->operands);
        return false;
    }
    return true;
}

size_t rs_cli_values(const rs_cli_args *args, const char *name, const char **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].option->name, name) == 0 && n < max)
            out[n++] = args->given[i].value;
    return n;
}

const char *rs_cli_value(const rs_cli_command *command, const rs_cli_args *args, const char *name)
{
    const rs_cli_option *o = find_in(command->options, name, strlen(name));
    return o ? args->values[o - command->options] : NULL;
}

bool rs_cli_count(const rs_cli_command *command, const rs_cli_args *args, const char *name, int max,
                  int *out)
{
    const char *text = rs_cli_value(command, args, name);
    if (!text)
        return true;
    char *end;
    const long v = strtol(text, &end, 10);
    if (end == text || *end || v < 1 || v > max) {
        rs_cli_usage(command->name, "%s %s: expected 1 to %d", name, text, max);
        return false;
    }
    *out = (int)v;
    return true;
}

static void help_rows(const rs_cli_option *o)
{
    for (; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-20s %s\n", left, o->help ? o->help : rs_schema_help(o->key));
    }
}

void rs_cli_help(const rs_cli_command *command)
{
    const bool options = command->options || command->overrides;
    printf("usage: restyle %s%s%s%s\n\n%s.\n", command->name, options ? " [OPTION]..." : "",
           command->operands[0] ? " " : "", command->operands, command->help);
    if (options)
        printf("\noptions:\n");
    help_rows(command->options);
    if (command->overrides) {
        help_rows(override_options);
        printf("\nPaths given here are relative to the current folder, those in a pipeline to its "
               "file.\n'restyle schema' lists all keys.\n");
    }
}
