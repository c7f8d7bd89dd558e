/* What `run` and `image` share: the job, its outcome, the exit code. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/console.h"

int rs_cli_job_exit(rs_status s, rs_job_part failed)
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

/* "out.mp4: 30 frames of 36x28 in 1.2 s; 2 damaged frames held" */
static void print_summary(const char *output, const rs_job_result *r)
{
    fprintf(stderr, "%s: %lld %s of %dx%d in %.1f s", output, (long long)r->frames,
            r->frames == 1 ? "frame" : "frames", r->width, r->height, r->seconds);
    if (r->held)
        fprintf(stderr, "; %lld damaged %s held", (long long)r->held, r->held == 1 ? "frame" : "frames");
    fprintf(stderr, "%s\n", r->truncated ? "; the input is truncated" : "");
}

int rs_cli_run_job(const rs_pipeline_spec *spec, const char *profile)
{
    rs_cli_console c;
    rs_profile *trace = NULL;
    rs_job_result r;
    rs_err err = { 0 };
    if (profile && rs_profile_open(profile, &trace, &err) != RS_OK) {
        rs_cli_error("%s", err.msg);
        return RS_EXIT_FAILED;
    }
    rs_cli_console_open(&c, trace);
    const rs_status s = rs_job_run(spec, &c.events, &c.log, &r, &err);
    rs_cli_progress_clear(&c.progress);
    if (s == RS_E_CANCELLED)
        rs_cli_error("interrupted after %lld %s; '%s' is not complete", (long long)r.frames,
                     r.frames == 1 ? "frame" : "frames", spec->output);
    else if (s != RS_OK)
        rs_cli_error("%s", err.msg);
    else
        print_summary(spec->output, &r);
    return close_profile(&trace, rs_cli_job_exit(s, r.failed));
}
