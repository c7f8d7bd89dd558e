/* source -> resize -> (loopback blend) -> img2img -> sink.
 *
 * Three threads pass a fixed number of frames around in a ring:
 *
 *     idle --reader: decode, scale--> ready --here: diffuse--> done --writer: encode--> idle
 *
 * Diffusion takes seconds a frame, the others milliseconds; so it waits for a
 * disk or an encoder only once that has fallen several frames behind. */
#include "restyle/job.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "job/batch_run.h"
#include "job/damage.h"
#include "job/frame_maker.h"
#include "job/queue.h"
#include "job/reader.h"
#include "job/runner.h"
#include "job/stages.h"
#include "job/writer.h"
#include "media/media.h"
#include "pipe/batch_names.h"
#include "restyle/img2img.h"

/* Being decoded, ready, in the making, two that wait for the encoder, with it. */
#define N_FRAMES 6
_Static_assert(N_FRAMES <= RS_FRAME_TEXTS, "a text for each");

struct job {
    const rs_pipeline_spec *spec;
    const rs_job_events *events;
    const rs_log *log;
    rs_job_result *result;
    rs_source *source;
    rs_stages *stages;    /* the caller's */
    rs_sink *sink;
    rs_sink_kind sink_kind;
    rs_frame_maker maker; /* with a slot a frame for its texts */
    rs_frame frames[N_FRAMES];
    rs_queue idle, ready, done;
    rs_reader reader;
    rs_writer writer;
    rs_mask_source *masks; /* NULL: no mask */
    rs_arena *arena;      /* of a batch's names; NULL: no batch */
    const rs_frame *batch_of; /* what its pictures are made of */
    rs_job_progress progress;
    bool cancelled;       /* by the caller */
    double started, first_frame;
};

static bool report(struct job *j)
{
    rs_job_progress *p = &j->progress;
    p->seconds = rs_clock_now() - j->first_frame;
    p->eta = -1;
    if (p->frame > 0 && p->n_frames > 0) {
        /* the started part of the current frame counts as work done */
        const double part = p->n_steps > 0 ? (double)p->step / p->n_steps : 0;
        const double rate = p->seconds / ((double)p->frame + part);
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
    struct job *j = cookie;
    j->progress.step = step;
    j->progress.n_steps = n_steps;
    return report(j) && !atomic_load(&j->writer.failed);
}

static rs_status check_size(const struct job *j, rs_err *err)
{
    const rs_size s = j->spec->size;
    const int m = j->maker.fit.multiple;
    if (s.width % m == 0 && s.height % m == 0)
        return RS_OK;
    const rs_fit round = { .multiple = m };
    const rs_size near = rs_fit_size(&round, s.width, s.height);
    return RS_FAIL(err, RS_E_INVALID, "size: %dx%d is not a multiple of %d, which this model needs; "
                   "the nearest is %dx%d", s.width, s.height, m, near.width, near.height);
}

/* Said before the model is loaded and a frame computed. */
static rs_status check_output(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    RS_TRY(rs_sink_kind_of(j->spec->output, info->kind == RS_SOURCE_STILL, &j->sink_kind, err));
    if (j->sink_kind == RS_SINK_PICTURE && info->n_frames_exact && info->n_frames > 1)
        return RS_FAIL(err, RS_E_INVALID, "'%s' is one picture, but '%s' has %lld frames: name a folder or "
                       "a video", j->spec->output, j->spec->input, (long long)info->n_frames);
    if (rs_batch_pictures(&j->spec->batch) == 1)
        return RS_OK;
    if (info->kind != RS_SOURCE_STILL || j->sink_kind == RS_SINK_VIDEO)
        return RS_FAIL(err, RS_E_INVALID, "a batch is made of one picture and gives pictures, not '%s' and "
                       "'%s': set batch.count and batch.size to 1", j->spec->input, j->spec->output);
    if (!(j->arena = rs_arena_open(0)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of a batch");
    return rs_batch_check_files(j->arena, j->spec, err);
}

static rs_status tell_temporary(const struct job *j, rs_err *err)
{
    if (!j->events || !j->events->temporary)
        return RS_OK;
    rs_arena *a = rs_arena_open(0);
    const char *temp = a ? rs_sink_temp_path(a, j->spec->output, j->sink_kind) : NULL;
    if (temp)
        j->events->temporary(j->events->cookie, temp);
    rs_arena_close(&a);
    return temp ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", j->spec->output);
}

static rs_status open_sink(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    const rs_encode_spec *e = &j->spec->encode;
    rs_sink_options o;
    rs_sink_options_from(&o, info);
    const rs_fit *fit = &j->maker.fit;
    const rs_size first = fit->keep ? (rs_size){ info->width, info->height }
                                    : rs_fit_size(fit, info->width, info->height);
    const rs_size size = rs_frame_maker_size(&j->maker, first);
    if (j->sink_kind == RS_SINK_VIDEO)
        j->maker.must = size;
    o.width = size.width;
    o.height = size.height;
    /* a size of its own has square pixels: the resize has made the shape right */
    if (j->spec->size.width > 0 && !fit->keep)
        o.sample_aspect = (rs_rational){ 1, 1 };
    o.codec = e->codec;
    o.crf = e->crf;
    o.preset = e->preset;
    o.pixel_format = e->pixel_format;
    o.encoder_options = e->options;
    o.quality = e->quality;
    o.lossless = e->lossless;
    o.overwrite = j->spec->overwrite;
    o.many = j->arena != NULL;
    o.log = j->log;
    o.copy = (e->audio == RS_KEEP_COPY ? RS_COPY_AUDIO : 0) |
             (e->subtitles == RS_KEEP_COPY ? RS_COPY_SUBTITLES : 0) |
             (e->metadata == RS_KEEP_COPY ? RS_COPY_METADATA : 0);
    RS_TRY(tell_temporary(j, err));
    return rs_sink_open(j->spec->output, &o, &j->sink, err);
}

static rs_status open_all(struct job *j, rs_err *err)
{
    j->result->failed = RS_JOB_INPUT;
    const rs_source_options o = { .recursive = j->spec->recursive, .timeline = &j->spec->timeline,
                                  .log = j->log };
    RS_TRY(rs_source_open_with(j->spec->input, &o, &j->source, err));
    if (j->spec->inpaint.mask)
        RS_TRY(rs_mask_source_open(&j->spec->inpaint, &o, &j->masks, err));
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_output(j, err));
    j->result->failed = RS_JOB_MODEL;
    if (!j->stages->model)
        RS_TRY(rs_stages_open(j->stages, j->spec, j->log, j->events ? j->events->profile : NULL, err));
    j->maker.spec = j->spec;
    j->maker.stages = j->stages;
    j->maker.fit = rs_fit_of(j->spec, rs_model_multiple(j->stages->model));
    j->maker.masked = j->masks != NULL;
    RS_TRY(rs_frame_texts_init(&j->maker.texts, j->spec, j->stages->model, err));
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_size(j, err));
    return open_sink(j, err);
}

/* A picture is on its way to the writer. */
static rs_status push_done(struct job *j, rs_frame *frame, int64_t number, rs_err *err)
{
    j->result->width = frame->image.width;
    j->result->height = frame->image.height;
    rs_queue_push(&j->done, frame);
    j->progress.frame = number;
    j->progress.step = 0;
    j->progress.per_frame = (rs_clock_now() - j->first_frame) / (double)number;
    return report(j) ? RS_OK : RS_FAIL(err, RS_E_CANCELLED, "stopped after frame %lld", (long long)number);
}

/* A frame of its own for a picture of the batch. The grid, which comes last, is no step forward. */
static rs_status deliver(void *cookie, int i, const rs_img2img_params *p, rs_image *image, rs_err *err)
{
    struct job *j = cookie;
    const rs_size init = { j->batch_of->image.width, j->batch_of->image.height };
    const char *path = rs_batch_path(j->arena, j->spec, i);
    const int n = rs_batch_pictures(&j->spec->batch);
    rs_frame *frame;
    if (!path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of a batch");
    if (!rs_queue_pop(&j->idle, &frame))
        return RS_FAIL(err, RS_E_CANCELLED, "writing has failed");
    frame->index = i;
    frame->file_name = rs_path_name(path);
    j->maker.texts.batch_pos = i < n ? i % j->spec->batch.size : 0;
    RS_TRY(rs_frame_maker_finish(&j->maker, frame, (int)(frame - j->frames), p, init, image, err));
    return push_done(j, frame, i < n ? i + 1 : n, err);
}

static rs_status run_frame(struct job *j, rs_frame *frame, rs_err *err)
{
    const rs_progress progress = { on_step, j };
    if (!j->arena) {
        RS_TRY(rs_frame_maker_run(&j->maker, frame, (int)(frame - j->frames), &progress, err));
        return push_done(j, frame, frame->index + 1, err);
    }
    j->batch_of = frame;
    j->progress.n_frames = rs_batch_pictures(&j->spec->batch);
    return rs_batch_run(&j->maker, frame, deliver, j, &progress, err);
}

static rs_status run_frames(struct job *j, rs_err *err)
{
    rs_frame *frame;
    j->first_frame = rs_clock_now();
    while (rs_queue_pop(&j->ready, &frame)) {
        const int64_t number = frame->index + 1;
        rs_damage_note_frame(j->result, rs_source_get_info(j->source), frame, j->log);
        const rs_status s = run_frame(j, frame, err);
        if (s != RS_OK)
            return s == RS_E_CANCELLED ? s : rs_err_wrap(err, s, "frame %lld", (long long)number);
    }
    return RS_OK;
}

static rs_status open_queues(struct job *j, rs_err *err)
{
    RS_TRY(rs_queue_init(&j->idle, err));
    RS_TRY(rs_queue_init(&j->ready, err));
    RS_TRY(rs_queue_init(&j->done, err));
    for (int i = 0; i < N_FRAMES; i++)
        rs_queue_push(&j->idle, &j->frames[i]);
    return RS_OK;
}

static rs_status start_threads(struct job *j, rs_err *err)
{
    j->reader.source = j->source;
    j->reader.masks = j->masks;
    j->reader.fit = j->maker.fit;
    j->writer.sink = j->sink;
    j->reader.idle = j->writer.idle = &j->idle;
    j->reader.ready = &j->ready;
    j->writer.done = &j->done;
    RS_TRY(rs_reader_start(&j->reader, err));
    return rs_writer_start(&j->writer, err);
}

/* Frames that are done are still written, except into a video that will never be
 * complete. */
static void stop_threads(struct job *j, bool complete)
{
    if (complete || j->sink_kind != RS_SINK_VIDEO)
        rs_queue_close(&j->done);
    else
        rs_queue_cancel(&j->done);
    rs_queue_cancel(&j->idle);
    rs_writer_join(&j->writer);
    rs_reader_join(&j->reader);
    j->result->frames = j->writer.n_written;
}

static rs_status fail_with(struct job *j, rs_job_part part, const rs_err *cause, rs_err *err)
{
    j->result->failed = part;
    if (err)
        *err = *cause;
    return cause->status;
}

/* The first cause in the order of the frames: what is being written comes before
 * what is in the making, and that before what is being read. */
static rs_status first_cause(struct job *j, rs_status s, rs_err *err)
{
    if (!j->cancelled && j->writer.status != RS_OK)
        return fail_with(j, RS_JOB_OUTPUT, &j->writer.err, err);
    if (s == RS_OK && j->reader.status != RS_OK)
        return fail_with(j, RS_JOB_INPUT, &j->reader.err, err);
    return s;
}

static rs_status run(struct job *j, rs_err *err)
{
    RS_TRY(open_all(j, err));
    j->progress.n_frames = rs_source_get_info(j->source)->n_frames;
    j->result->failed = RS_JOB_FRAME;
    RS_TRY(open_queues(j, err));
    rs_status s = start_threads(j, err);
    if (s == RS_OK)
        s = run_frames(j, err);
    stop_threads(j, s == RS_OK);
    RS_TRY(first_cause(j, s, err));
    rs_damage_note_end(j->result, rs_source_get_info(j->source), j->log);
    if (j->result->frames == 0) {
        j->result->failed = RS_JOB_INPUT;
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has no frames", j->spec->input);
    }
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(rs_sink_close(&j->sink, true, err));
    j->result->failed = RS_JOB_NONE;
    return RS_OK;
}

rs_status rs_job_run_on(rs_stages *stages, const rs_pipeline_spec *spec, const rs_job_events *events,
                        const rs_log *log, rs_job_result *result, rs_err *err)
{
    rs_job_result own;
    struct job j = { .spec = spec, .stages = stages, .events = events, .log = log,
                     .result = result ? result : &own, .started = rs_clock_now() };
    *j.result = (rs_job_result){ 0 };
    const rs_status s = run(&j, err);
    rs_sink_close(&j.sink, false, NULL);
    rs_source_close(&j.source);
    rs_queue_release(&j.idle);
    rs_queue_release(&j.ready);
    rs_queue_release(&j.done);
    for (int i = 0; i < N_FRAMES; i++)
        rs_frame_release(&j.frames[i]);
    rs_frame_maker_release(&j.maker);
    rs_mask_source_close(&j.masks);
    rs_arena_close(&j.arena);
    j.result->seconds = rs_clock_now() - j.started;
    return s;
}

rs_status rs_job_run(const rs_pipeline_spec *spec, const rs_job_events *events, const rs_log *log,
                     rs_job_result *result, rs_err *err)
{
    rs_stages stages = { 0 };
    const rs_status s = rs_job_run_on(&stages, spec, events, log, result, err);
    rs_stages_close(&stages);
    return s;
}
