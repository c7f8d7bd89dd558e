#include "restyle/clips.h"

#include "base/arena.h"
#include "base/err.h"
#include "job/job_folder.h"
#include "job/runner.h"
#include "pipe/clips.h"

/* Stops the whole: the others would fail alike. */
static bool ends_all(const rs_clip *clip)
{
    return clip->status == RS_E_CANCELLED || clip->status == RS_E_NOMEM ||
           (clip->status != RS_OK && clip->result.failed == RS_JOB_MODEL);
}

/* Until here each finished clip told a run that goes on that it is done. */
static rs_status forget_all(rs_arena *arena, const rs_pipeline_spec *spec, size_t n, rs_err *err)
{
    for (size_t i = 0; i < n; i++) {
        rs_pipeline_spec one;
        if (!rs_clips_pick(arena, spec, i, &one))
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of %zu clips", n);
        rs_job_folder_forget(one.output);
    }
    return RS_OK;
}

static rs_status run_all(rs_arena *arena, const rs_pipeline_spec *spec, rs_stages *stages,
                         const rs_job_options *options, const rs_clips_events *clips,
                         const rs_job_events *job, const rs_log *log, size_t *n_failed, rs_err *err)
{
    const size_t n = spec->inputs.n ? spec->inputs.n : 1;
    rs_job_options keeping = options ? *options : (rs_job_options){ 0 };
    keeping.keep_done = n > 1;
    for (size_t i = 0; i < n; i++) {
        rs_pipeline_spec one;
        rs_err why = { 0 };
        if (!rs_clips_pick(arena, spec, i, &one))
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of %zu clips", n);
        rs_clip clip = { .number = i + 1, .n_clips = n, .input = one.input, .output = one.output };
        if (clips && clips->begin)
            clips->begin(clips->cookie, &clip);
        clip.status = rs_job_run_on(stages, &one, &keeping, job, log, &clip.result, &why);
        clip.message = clip.status == RS_OK ? NULL : why.msg;
        *n_failed += clip.status != RS_OK;
        if (clips && clips->end)
            clips->end(clips->cookie, &clip);
        if (ends_all(&clip))
            return RS_FAIL(err, clip.status, "%s", why.msg);
    }
    const bool forget = keeping.resumable && keeping.keep_done && !spec->keep_job;
    return forget ? forget_all(arena, spec, n, err) : RS_OK;
}

rs_status rs_clips_run(const rs_pipeline_spec *spec, const rs_job_options *options,
                       const rs_clips_events *clips, const rs_job_events *job, const rs_log *log,
                       size_t *n_failed, rs_err *err)
{
    rs_arena *arena = rs_arena_open(0);
    rs_stages stages = { 0 };
    *n_failed = 0;
    if (!arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of clips");
    const rs_status s = run_all(arena, spec, &stages, options, clips, job, log, n_failed, err);
    rs_stages_close(&stages);
    rs_arena_close(&arena);
    return s;
}
