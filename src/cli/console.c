#define _XOPEN_SOURCE 700 /* SIGXFSZ */
#include "cli/console.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* All that the signal handler touches: how many signals came, and the name of the
 * output while it is incomplete ("" without one). */
static atomic_int n_signals;
static char temporary[4096];

/* The first one ends the job in good order; the second one the process at once,
 * by the signal's default action. */
static void on_signal(int sig)
{
    if (atomic_fetch_add(&n_signals, 1) == 0)
        return;
    if (temporary[0])
        unlink(temporary);
    signal(sig, SIG_DFL);
    raise(sig); /* it is blocked while we are here: delivered on return */
}

static void catch_signals(void)
{
    struct sigaction a = { .sa_handler = on_signal }, old;
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup ignores it */
        sigaction(SIGHUP, &a, NULL);
    /* a closed pipe and a limit on file sizes are ordinary write errors */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* The first byte last: until then there is no name. A longer one than any file
 * system takes cannot be opened either. */
static void on_temporary(void *cookie, const char *path)
{
    (void)cookie;
    const size_t n = strlen(path);
    if (n == 0 || n >= sizeof(temporary))
        return;
    memcpy(temporary + 1, path + 1, n);
    atomic_signal_fence(memory_order_seq_cst);
    temporary[0] = path[0];
}

/* Any thread's. */
static bool on_stopped(void *cookie)
{
    (void)cookie;
    return atomic_load(&n_signals) > 0;
}

static bool on_progress(void *cookie, const rs_job_progress *job)
{
    rs_cli_console *c = cookie;
    flockfile(stderr); /* the reader's and the writer's threads log */
    rs_cli_progress_show(&c->progress, job);
    funlockfile(stderr);
    return !on_stopped(c);
}

static void on_log(void *cookie, rs_log_level level, const char *line)
{
    rs_cli_console *c = cookie;
    flockfile(stderr);
    rs_cli_progress_clear(&c->progress);
    fprintf(stderr, "restyle: %s%s\n", level == RS_LOG_WARN ? "warning: " : "", line);
    funlockfile(stderr);
}

void rs_cli_console_open(rs_cli_console *c, rs_profile *profile)
{
    *c = (rs_cli_console){ .events = { .progress = on_progress, .cookie = c, .temporary = on_temporary,
                                       .stopped = on_stopped, .profile = profile },
                           .log = { RS_LOG_INFO, on_log, c } };
    rs_cli_progress_init(&c->progress);
    catch_signals();
}
