/* What `run` and `image` share: the job, its outcome, the exit code. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/console.h"
#include "restyle/clips.h"

int rs_cli_job_exit(rs_status s, rs_job_part failed)
{
    if (s == RS_OK)
        return RS_EXIT_OK;
    if (s == RS_E_CANCELLED)
        return RS_EXIT_INTERRUPTED;
    if (failed == RS_JOB_STATE && s == RS_E_INVALID)
        return RS_EXIT_INVALID;
    /* with memory: low a part of the model is first read when a frame needs it */
    const bool late = failed == RS_JOB_FRAME && (s == RS_E_FORMAT || s == RS_E_CORRUPT);
    const bool model = failed == RS_JOB_MODEL || late;
    return failed == RS_JOB_INPUT || model ? RS_EXIT_UNREADABLE : RS_EXIT_FAILED;
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

static const char *frames(int64_t n)
{
    return n == 1 ? "frame" : "frames";
}

static void tell_stopped(const char *output, const rs_job_options *o, const rs_job_result *r)
{
    rs_cli_error("interrupted after %lld %s; '%s' is not complete%s", (long long)r->frames,
                 frames(r->frames), output,
                 o && o->resumable ? ": the same command goes on from here" : "");
}

/* "out.mp4: 30 frames of 36x28 in 1.2 s; 2 damaged frames held" */
static void tell_done(const char *output, const rs_job_options *o, const rs_job_result *r)
{
    if (r->finished) {
        fprintf(stderr, "%s: finished already, %lld %s; --restart makes it anew\n", output,
                (long long)r->frames, frames(r->frames));
        return;
    }
    if (o && o->shards)
        fprintf(stderr, "shard %d of %d of ", o->shard, o->shards);
    fprintf(stderr, "%s: %lld %s", output, (long long)r->frames, frames(r->frames));
    if (r->frames > 0) /* a shard may have none */
        fprintf(stderr, " of %dx%d", r->width, r->height);
    fprintf(stderr, " in %.1f s", r->seconds);
    if (r->resumed)
        fprintf(stderr, ", %lld of them made before", (long long)r->resumed);
    if (r->held)
        fprintf(stderr, "; %lld damaged %s held", (long long)r->held, frames(r->held));
    if (r->replaced)
        fprintf(stderr, "; %lld not finite and replaced", (long long)r->replaced);
    fprintf(stderr, "%s\n", r->truncated ? "; the input is truncated" : "");
}

/* What every clip is told with. */
struct clips {
    rs_cli_console *console;
    const rs_job_options *options;
};

static void on_clip(void *cookie, const rs_clip *clip)
{
    struct clips *c = cookie;
    rs_cli_progress_clear(&c->console->progress);
    fprintf(stderr, "%zu of %zu: %s\n", clip->number, clip->n_clips, clip->input);
}

static void on_clip_end(void *cookie, const rs_clip *clip)
{
    struct clips *c = cookie;
    rs_cli_progress_clear(&c->console->progress);
    if (clip->status == RS_OK)
        tell_done(clip->output, c->options, &clip->result);
    else if (clip->status == RS_E_CANCELLED)
        tell_stopped(clip->output, c->options, &clip->result);
    else
        rs_cli_error("%s", clip->message);
}

static int run_clips(const rs_pipeline_spec *spec, const rs_job_options *options, rs_cli_console *c)
{
    struct clips cookie = { c, options };
    const rs_clips_events clips = { on_clip, on_clip_end, &cookie };
    const size_t n = spec->inputs.n;
    size_t n_failed;
    rs_err err = { 0 };
    const rs_status s = rs_clips_run(spec, options, &clips, &c->events, &c->log, &n_failed, &err);
    if (s == RS_OK && n_failed)
        rs_cli_error("%zu of %zu clips failed", n_failed, n);
    else if (s == RS_OK)
        fprintf(stderr, "%zu clips\n", n);
    else if (s != RS_E_CANCELLED)
        rs_cli_error("stopped: no other clip could be made either");
    return s == RS_OK && n_failed ? RS_EXIT_FAILED : rs_cli_job_exit(s, RS_JOB_MODEL);
}

static int run_one(const rs_pipeline_spec *spec, const rs_job_options *options, rs_cli_console *c)
{
    rs_job_result r;
    rs_err err = { 0 };
    const rs_status s = rs_job_run(spec, options, &c->events, &c->log, &r, &err);
    rs_cli_progress_clear(&c->progress);
    if (s == RS_E_CANCELLED)
        tell_stopped(spec->output, options, &r);
    else if (s != RS_OK)
        rs_cli_error("%s", err.msg);
    else
        tell_done(spec->output, options, &r);
    return rs_cli_job_exit(s, r.failed);
}

int rs_cli_run_job(const rs_pipeline_spec *spec, const rs_job_options *options, const char *profile)
{
    rs_cli_console c;
    rs_profile *trace = NULL;
    rs_err err = { 0 };
    if (profile && rs_profile_open(profile, &trace, &err) != RS_OK) {
        rs_cli_error("%s", err.msg);
        return RS_EXIT_FAILED;
    }
    rs_cli_console_open(&c, trace);
    return close_profile(&trace, spec->inputs.n > 1 ? run_clips(spec, options, &c)
                                                    : run_one(spec, options, &c));
}
