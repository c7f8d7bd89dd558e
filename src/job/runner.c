/* source -> resize -> (loopback blend) -> img2img -> sink.
 *
 * Three threads pass a fixed number of frames around in a ring:
 *
 *     idle --reader: decode, scale--> ready --here: diffuse--> done --writer: encode--> idle
 *
 * Diffusion takes seconds a frame, the others milliseconds; so it waits for a
 * disk or an encoder only once that has fallen several frames behind. What an
 * earlier run of the job has made takes the same way, but is fetched, not diffused. */
#include "restyle/job.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "job/batch_run.h"
#include "job/damage.h"
#include "job/run.h"
#include "job/runner.h"
#include "pipe/batch_names.h"

static bool report(rs_run *j)
{
    rs_job_progress *p = &j->progress;
    p->seconds = rs_clock_now() - j->first_frame;
    p->eta = -1;
    if (j->n_made > 0 && p->n_frames > 0) {
        /* the started part of the current frame counts as work done */
        const double part = p->n_steps > 0 ? (double)p->step / p->n_steps : 0;
        const double rate = (rs_clock_now() - j->first_made) / ((double)j->n_made + part);
        p->eta = rate * ((double)p->n_frames - (double)p->frame - part);
        if (p->eta < 0)
            p->eta = 0;
    }
    if (j->events && j->events->progress)
        j->cancelled = j->cancelled || !j->events->progress(j->events->cookie, p);
    return !j->cancelled;
}

static bool on_step(void *cookie, int step, int n_steps)
{
    rs_run *j = cookie;
    j->progress.step = step;
    j->progress.n_steps = n_steps;
    return report(j) && !atomic_load(&j->writer.failed);
}

/* A picture of this size is on its way to the writer. */
static rs_status push_done(rs_run *j, rs_frame *frame, int64_t number, rs_size size, rs_err *err)
{
    j->result->width = size.width;
    j->result->height = size.height;
    rs_queue_push(&j->done, frame);
    j->progress.frame = number;
    j->progress.step = 0;
    if (j->n_made > 0)
        j->progress.per_frame = (rs_clock_now() - j->first_made) / (double)j->n_made;
    return report(j) ? RS_OK : RS_FAIL(err, RS_E_CANCELLED, "stopped after frame %lld", (long long)number);
}

static rs_size size_of(const rs_frame *frame)
{
    return (rs_size){ frame->image.width, frame->image.height };
}

/* A frame of its own for a picture of the batch. The grid, which comes last, is no step forward. */
static rs_status deliver(void *cookie, int i, const rs_img2img_params *p, rs_image *image, rs_err *err)
{
    rs_run *j = cookie;
    const char *path = rs_batch_path(j->arena, j->spec, i);
    const int n = rs_batch_pictures(&j->spec->batch);
    rs_frame *frame;
    if (!path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of a batch");
    if (!rs_queue_pop(&j->idle, &frame))
        return RS_FAIL(err, RS_E_CANCELLED, "writing has failed");
    frame->index = i;
    frame->file_name = rs_path_name(path);
    j->frame_events[frame - j->frames] = (rs_frame_event){ .seed = p->seed, .scene_score = -1,
                                                           .drift_source = -1, .drift_previous = -1 };
    j->maker.texts.batch_pos = i < n ? i % j->spec->batch.size : 0;
    rs_image init = j->batch_of->image;
    if (i == n)
        init.alpha = NULL; /* which is not the grid's */
    RS_TRY(rs_frame_maker_finish(&j->maker, frame, (int)(frame - j->frames), p, &init, image, err));
    j->n_made += i < n;
    const rs_size size = i < n ? size_of(frame) : (rs_size){ j->result->width, j->result->height };
    return push_done(j, frame, i < n ? i + 1 : n, size, err);
}

static rs_status make_frame(rs_run *j, rs_frame *frame, rs_err *err)
{
    const rs_progress progress = { on_step, j };
    const int slot = (int)(frame - j->frames);
    rs_made_frame *made = &j->made[slot];
    const double t0 = rs_clock_now();
    RS_TRY(rs_frame_maker_run(&j->maker, frame, slot, &progress, err));
    made->fetched = false;
    made->seed = rs_frame_seed(j->spec, frame);
    made->seconds = rs_clock_now() - t0;
    j->n_made++;
    if (j->folder.chained)
        RS_TRY(rs_chain_copy(&made->chain, &j->maker.chain, err));
    return push_done(j, frame, j->progress.frame + 1, size_of(frame), err);
}

static rs_status fetch_frame(rs_run *j, rs_frame *frame, rs_err *err)
{
    const rs_done_frame *d = rs_done_frames_find(&j->folder.done, frame->index);
    rs_frame_maker_enter(&j->maker, frame);
    rs_made_frame *made = &j->made[frame - j->frames];
    RS_TRY(rs_job_folder_fetch(&j->folder, frame, made, &j->maker.chain, err));
    made->fetched = true;
    j->result->resumed++;
    j->first_made = rs_clock_now(); /* so far nothing was */
    return push_done(j, frame, j->progress.frame + 1, (rs_size){ d->width, d->height }, err);
}

static rs_status run_frame(rs_run *j, rs_frame *frame, rs_err *err)
{
    const rs_frame_plan plan = rs_job_folder_plan(&j->folder, frame);
    if (plan == RS_FRAME_MISSING)
        return RS_FAIL(err, RS_E_NOTFOUND, "it is not made yet: run its shard again, or `restyle run` to "
                       "make all that is missing");
    if (plan == RS_FRAME_FETCH)
        return fetch_frame(j, frame, err);
    if (!j->arena)
        return make_frame(j, frame, err);
    const rs_progress progress = { on_step, j };
    j->batch_of = frame;
    j->progress.n_frames = rs_batch_pictures(&j->spec->batch);
    return rs_batch_run(&j->maker, frame, deliver, j, &progress, err);
}

static rs_status run_frames(rs_run *j, rs_err *err)
{
    rs_frame *frame;
    j->first_frame = j->first_made = rs_clock_now();
    while (rs_queue_pop(&j->ready, &frame)) {
        const int64_t number = frame->index + 1;
        rs_damage_note_frame(j->result, rs_source_get_info(j->source), frame, j->log);
        const rs_status s = run_frame(j, frame, err);
        if (s != RS_OK)
            return s == RS_E_CANCELLED ? s : rs_err_wrap(err, s, "frame %lld", (long long)number);
    }
    return RS_OK;
}

static rs_status open_queues(rs_run *j, rs_err *err)
{
    RS_TRY(rs_queue_init(&j->idle, err));
    RS_TRY(rs_queue_init(&j->ready, err));
    RS_TRY(rs_queue_init(&j->done, err));
    for (int i = 0; i < RS_RUN_FRAMES; i++)
        rs_queue_push(&j->idle, &j->frames[i]);
    return RS_OK;
}

static rs_status start_threads(rs_run *j, rs_err *err)
{
    j->reader.source = j->source;
    j->reader.masks = j->masks;
    j->reader.fitter.fit = j->maker.fit;
    j->reader.fitter.aspect = rs_source_get_info(j->source)->sample_aspect;
    j->reader.scenes.threshold = j->spec->scene_cut;
    j->reader.folder = j->writer.folder = &j->folder;
    j->writer.made = j->made;
    atomic_store(&j->writer.keep_only, j->folder.options.shards > 0);
    j->writer.sink = j->sink;
    j->reader.idle = j->writer.idle = &j->idle;
    j->reader.ready = &j->ready;
    j->reader.frames = j->writer.frames = j->frames;
    j->reader.events = j->frame_events;
    j->writer.events = j->frame_events;
    j->writer.log = j->event_log;
    j->writer.done = &j->done;
    RS_TRY(rs_reader_start(&j->reader, err));
    return rs_writer_start(&j->writer, err);
}

/* Frames that are done are still written, except where nothing comes of it: into a video, or through
 * filters, that will never be complete. Then they are only kept for the next run. */
static void stop_threads(rs_run *j, bool complete)
{
    const bool keeps = j->folder.arena && !j->folder.in_place;
    if (!complete && (keeps || j->sink_kind == RS_SINK_VIDEO))
        atomic_store(&j->writer.keep_only, true);
    if (complete || j->sink_kind != RS_SINK_VIDEO || j->folder.arena)
        rs_queue_close(&j->done);
    else
        rs_queue_cancel(&j->done);
    rs_queue_cancel(&j->idle);
    rs_writer_join(&j->writer);
    rs_reader_join(&j->reader);
    j->result->frames = j->writer.n_written;
}

static rs_status fail_with(rs_run *j, rs_job_part part, const rs_err *cause, rs_err *err)
{
    j->result->failed = part;
    if (err)
        *err = *cause;
    return cause->status;
}

/* The first cause in the order of the frames: what is being written comes before
 * what is in the making, and that before what is being read. */
static rs_status first_cause(rs_run *j, rs_status s, rs_err *err)
{
    if (!j->cancelled && j->writer.status != RS_OK)
        return fail_with(j, RS_JOB_OUTPUT, &j->writer.err, err);
    if (s == RS_OK && j->reader.status != RS_OK)
        return fail_with(j, RS_JOB_INPUT, &j->reader.err, err);
    return s;
}

/* How many frames this run goes through; 0: unknown, as how long a shard's scenes are. */
static int64_t share_of(const rs_run *j)
{
    const rs_job_options *o = &j->folder.options;
    const int64_t n = rs_source_get_info(j->source)->n_frames;
    if (o->shards && j->folder.by_scene)
        return 0;
    return o->shards ? (n - o->shard + o->shards) / o->shards : n;
}

static rs_status run(rs_run *j, rs_err *err)
{
    RS_TRY(rs_run_open(j, err));
    if (j->folder.finished) {
        j->result->frames = j->folder.done.n ? (int64_t)j->folder.done.n : j->folder.n_frames;
        j->result->resumed = j->result->frames;
        j->result->finished = true;
        j->result->failed = RS_JOB_NONE;
        return RS_OK;
    }
    j->progress.n_frames = share_of(j);
    j->result->failed = RS_JOB_FRAME;
    RS_TRY(open_queues(j, err));
    rs_status s = start_threads(j, err);
    if (s == RS_OK)
        s = run_frames(j, err);
    stop_threads(j, s == RS_OK);
    RS_TRY(first_cause(j, s, err));
    j->result->replaced = j->maker.n_bad;
    rs_damage_note_end(j->result, rs_source_get_info(j->source), j->log);
    const bool part = j->folder.options.shards > 0;
    if (j->result->frames == 0 && !part) {
        j->result->failed = RS_JOB_INPUT;
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has no frames", j->spec->input);
    }
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(rs_sink_close(&j->sink, !part, err));
    RS_TRY(rs_job_folder_finish(&j->folder, err));
    j->result->failed = RS_JOB_NONE;
    return RS_OK;
}

rs_status rs_job_run_on(rs_stages *stages, const rs_pipeline_spec *spec, const rs_job_options *options,
                        const rs_job_events *events, const rs_log *log, rs_job_result *result, rs_err *err)
{
    static const rs_job_options plain;
    rs_job_result own;
    rs_err cause = { 0 };
    rs_run j = { .spec = spec, .stages = stages, .options = options ? options : &plain,
                     .events = events, .log = log,
                     .result = result ? result : &own, .started = rs_clock_now() };
    *j.result = (rs_job_result){ 0 };
    if (events)
        j.stop = (rs_stop){ events->stopped, events->cookie };
    const rs_status s = run(&j, &cause);
    if (s != RS_OK && err)
        *err = cause;
    rs_run_close(&j, &cause);
    j.result->seconds = rs_clock_now() - j.started;
    return s;
}

rs_status rs_job_run(const rs_pipeline_spec *spec, const rs_job_options *options,
                     const rs_job_events *events, const rs_log *log, rs_job_result *result, rs_err *err)
{
    rs_stages stages = { 0 };
    const rs_status s = rs_job_run_on(&stages, spec, options, events, log, result, err);
    rs_stages_close(&stages);
    return s;
}
