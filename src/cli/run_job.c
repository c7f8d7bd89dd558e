/* What `run` and `image` share: the job, its progress, Ctrl-C, the exit code. */
#define _XOPEN_SOURCE 700 /* SIGXFSZ */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "restyle/job.h"

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

struct console {
    rs_cli_progress progress;
};

static bool on_progress(void *cookie, const rs_job_progress *job)
{
    struct console *c = cookie;
    rs_cli_progress_show(&c->progress, job);
    return atomic_load(&n_signals) == 0;
}

static void on_log(void *cookie, rs_log_level level, const char *line)
{
    struct console *c = cookie;
    rs_cli_progress_clear(&c->progress);
    fprintf(stderr, "restyle: %s%s\n", level == RS_LOG_WARN ? "warning: " : "", line);
}

static int exit_code(rs_status s, rs_job_part failed)
{
    if (s == RS_OK)
        return RS_EXIT_OK;
    if (s == RS_E_CANCELLED)
        return RS_EXIT_INTERRUPTED;
    return failed == RS_JOB_INPUT || failed == RS_JOB_MODEL ? RS_EXIT_UNREADABLE : RS_EXIT_FAILED;
}

/* The job's own outcome first: a trace that could not be written only shows when
 * all else went well. */
static int close_profile(rs_profile **profile, int code)
{
    rs_err err = { 0 };
    if (rs_profile_close(profile, &err) == RS_OK)
        return code;
    rs_cli_error("%s", err.msg);
    return code == RS_EXIT_OK ? RS_EXIT_FAILED : code;
}

int rs_cli_run_job(const rs_pipeline_spec *spec, const char *profile)
{
    struct console c;
    rs_profile *trace = NULL;
    const rs_log log = { RS_LOG_INFO, on_log, &c };
    rs_job_result r;
    rs_err err = { 0 };
    if (profile && rs_profile_open(profile, &trace, &err) != RS_OK) {
        rs_cli_error("%s", err.msg);
        return RS_EXIT_FAILED;
    }
    const rs_job_events events = { .progress = on_progress, .cookie = &c, .temporary = on_temporary,
                                   .profile = trace };
    rs_cli_progress_init(&c.progress);
    catch_signals();
    const rs_status s = rs_job_run(spec, &events, &log, &r, &err);
    rs_cli_progress_clear(&c.progress);
    if (s == RS_E_CANCELLED)
        rs_cli_error("interrupted after %lld %s; '%s' is not complete", (long long)r.frames,
                     r.frames == 1 ? "frame" : "frames", spec->output);
    else if (s != RS_OK)
        rs_cli_error("%s", err.msg);
    else
        fprintf(stderr, "%s: %lld %s of %dx%d in %.1f s\n", spec->output, (long long)r.frames,
                r.frames == 1 ? "frame" : "frames", r.width, r.height, r.seconds);
    return close_profile(&trace, exit_code(s, r.failed));
}
