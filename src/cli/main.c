/* restyle: the program. Finds the command and hands over. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "restyle/version.h"

static const rs_cli_command *const commands[] = {
    &rs_cmd_run,
    &rs_cmd_image,
    &rs_cmd_join,
    &rs_cmd_status,
    &rs_cmd_sheet,
    &rs_cmd_check,
    &rs_cmd_explain,
    &rs_cmd_info,
    &rs_cmd_models,
    &rs_cmd_probe,
    &rs_cmd_merge,
    &rs_cmd_convert,
    &rs_cmd_schema,
    &rs_cmd_bench,
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void program_help(void)
{
    printf("usage: restyle COMMAND [ARGUMENT]...\n\ncommands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->help);
    printf("\n'restyle COMMAND --help' tells more; 'restyle --version' prints the version.\n\n"
           "exit codes: 0 ok, 1 failed, 2 wrong usage, 3 invalid pipeline, 4 unreadable input,\n"
           "5 interrupted\n");
}

static const rs_cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[N_COMMANDS + 2] = { "--help", "--version" };
    char guess[96];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i + 2] = commands[i]->name;
    return rs_cli_usage(NULL, "unknown %s '%s'%s", name[0] == '-' ? "option" : "command", name,
                        rs_cli_guess(guess, sizeof(guess), name, names, N_COMMANDS + 2));
}

/* --help wins wherever it stands before "--". */
static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return rs_cli_usage(NULL, "no command given");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        program_help();
        return rs_cli_flush();
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("restyle %s\n", rs_version());
        return rs_cli_flush();
    }
    const rs_cli_command *command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    if (wants_help(argc - 2, argv + 2)) {
        rs_cli_help(command);
        return rs_cli_flush();
    }
    setenv("SVT_LOG", "0", 0); /* libsvtav1 prints by itself, and has no other switch */
    rs_cli_args args = { 0 };
    if (!rs_cli_parse(command, argc - 2, argv + 2, &args))
        return RS_EXIT_USAGE;
    return command->run(command, &args);
}
