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

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "infotext/infotext.h"
#include "job/batch_run.h"
#include "job/damage.h"
#include "job/frame_maker.h"
#include "job/job_folder.h"
#include "job/made_already.h"
#include "job/queue.h"
#include "job/reader.h"
#include "job/runner.h"
#include "job/stages.h"
#include "job/writer.h"
#include "media/frame_chain.h"
#include "media/media.h"
#include "pipe/batch_names.h"
#include "pipe/video_text_make.h"
#include "restyle/img2img.h"
#include "stage/styles.h"

/* Being decoded, ready, in the making, two that wait for the encoder, with it. */
#define N_FRAMES 6
_Static_assert(N_FRAMES <= RS_FRAME_TEXTS, "a text for each");

struct job {
    const rs_pipeline_spec *spec;
    const rs_job_options *options;
    const rs_job_events *events;
    const rs_log *log;
    rs_job_result *result;
    rs_source *source;
    rs_stages *stages;    /* the caller's */
    rs_sink *sink;
    rs_sink_kind sink_kind;
    rs_frame_maker maker; /* with a slot a frame for its texts */
    rs_frame frames[N_FRAMES];
    rs_made_frame made[N_FRAMES]; /* beside each frame */
    rs_frame_event frame_events[N_FRAMES]; /* the same */
    rs_event_log *event_log;
    rs_job_folder folder; /* of a resumable job; zeroed otherwise */
    rs_queue idle, ready, done;
    rs_reader reader;
    rs_writer writer;
    rs_mask_source *masks; /* NULL: no mask */
    rs_pipeline_spec styled; /* what spec is once the model is needed */
    rs_arena *prompts;    /* of styled's */
    rs_arena *arena;      /* of a batch's names; NULL: no batch */
    const rs_frame *batch_of; /* what its pictures are made of */
    rs_job_progress progress;
    bool cancelled;       /* by the caller */
    rs_stop stop;         /* the same, for those who wait */
    double started, first_frame;
    double first_made;    /* when the first frame that is not fetched began */
    int64_t n_made;
};

static bool report(struct job *j)
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
    j->arena = rs_arena_open(0);
    return j->arena ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the names of a batch");
}

static const char *sink_path(const struct job *j)
{
    return j->folder.arena ? j->folder.sink_path : j->spec->output;
}

static rs_status tell_temporary(const struct job *j, rs_err *err)
{
    if (!j->events || !j->events->temporary)
        return RS_OK;
    rs_arena *a = rs_arena_open(0);
    const char *temp = a ? rs_sink_temp_path(a, sink_path(j), j->sink_kind) : NULL;
    if (temp)
        j->events->temporary(j->events->cookie, temp);
    rs_arena_close(&a);
    return temp ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", j->spec->output);
}

/* Of the first frame's output; frames that are joined have theirs. */
static rs_size first_size(const struct job *j, const rs_source_info *info)
{
    const rs_fit *fit = &j->maker.fit;
    const rs_done_frames *done = &j->folder.done;
    if (j->folder.options.join)
        return done->n ? (rs_size){ done->at[0].width, done->at[0].height }
                       : (rs_size){ info->width, info->height };
    return rs_frame_maker_size(&j->maker, fit->keep ? (rs_size){ info->width, info->height }
                                                    : rs_fit_size(fit, info->width, info->height));
}

/* A job with a folder has looked for itself. */
static bool may_replace(const struct job *j)
{
    return j->spec->overwrite || j->options->restart || j->folder.arena;
}

static rs_status open_sink(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    const rs_encode_spec *e = &j->spec->encode;
    rs_sink_options o;
    rs_sink_options_from(&o, info);
    const rs_fit *fit = &j->maker.fit;
    const rs_size size = first_size(j, info);
    if (j->sink_kind == RS_SINK_VIDEO)
        j->maker.must = size;
    o.width = size.width;
    o.height = size.height;
    o.sample_aspect = rs_fit_aspect(fit, info->sample_aspect);
    o.codec = e->codec;
    o.crf = e->crf;
    o.preset = e->preset;
    o.pixel_format = e->pixel_format;
    o.encoder_options = e->options;
    o.quality = e->quality;
    o.lossless = e->lossless;
    o.picture_format = e->picture_format;
    if (e->bit_depth)
        o.bits = e->bit_depth;
    o.alpha = o.alpha && rs_keeps_alpha(j->spec);
    o.overwrite = may_replace(j);
    o.many = j->arena != NULL;
    o.timeline = &j->spec->timeline;
    o.log = j->log;
    o.stop = &j->stop;
    o.copy = (e->audio == RS_KEEP_COPY ? RS_COPY_AUDIO : 0) |
             (e->subtitles == RS_KEEP_COPY ? RS_COPY_SUBTITLES : 0) |
             (e->metadata == RS_KEEP_COPY ? RS_COPY_METADATA : 0);
    RS_TRY(tell_temporary(j, err));
    rs_strbuf text;
    rs_strbuf_init(&text, RS_INFOTEXT_MAX_BYTES);
    const bool video = j->sink_kind == RS_SINK_VIDEO;
    rs_status s = RS_OK;
    if (j->spec->infotext.write)
        s = video ? rs_video_text_make(&text, j->spec, err) : rs_pipeline_text_make(&text, j->spec, err);
    o.text = video && text.len ? rs_strbuf_str(&text) : NULL;
    o.pipeline = !video && text.len ? rs_strbuf_str(&text) : NULL;
    if (s == RS_OK)
        s = rs_sink_open(sink_path(j), &o, &j->sink, err);
    rs_strbuf_release(&text);
    return s;
}

/* A still has no job: what it became is asked itself. */
static bool still_is_made(const struct job *j, int64_t *n)
{
    const rs_job_options *o = j->options;
    return o->resumable && !o->restart && !j->spec->overwrite && rs_made_already(j->spec, true, n);
}

static rs_status open_folder(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    const rs_inpaint_params *ip = &j->spec->inpaint.params;
    rs_job_folder *f = &j->folder;
    if ((j->options->shards || j->options->join) && info->kind == RS_SOURCE_STILL)
        return RS_FAIL(err, RS_E_INVALID, "one picture cannot be made in shards: run it without --shard");
    if (info->kind == RS_SOURCE_STILL)
        f->finished = still_is_made(j, &f->n_frames);
    if (!j->options->resumable || info->kind == RS_SOURCE_STILL)
        return RS_OK;
    f->spec = j->spec;
    f->options = *j->options;
    f->log = j->log;
    f->to_folder = j->sink_kind == RS_SINK_FOLDER;
    f->in_place = f->to_folder && !rs_frame_chain_has(&j->spec->timeline, RS_CHAIN_AFTER);
    f->n_frames = info->n_frames;
    f->chained = j->spec->loopback.enabled || j->spec->on_bad_frame == RS_BAD_FRAME_HOLD ||
                 (j->masks && ip->area == RS_INPAINT_ONLY_MASKED && ip->box_smoothing > 0);
    f->by_scene = f->chained && j->spec->scene_cut > 0;
    if (f->chained && f->options.shards && !f->by_scene)
        return RS_FAIL(err, RS_E_INVALID, "each frame needs the one before it, so shards cannot make them "
                       "apart: %s", j->spec->loopback.enabled
                           ? "set scene_cut (to 0.4, say), so that loopback begins anew with each scene, run "
                             "it without --shard, or set loopback.enabled to false"
                       : j->spec->on_bad_frame == RS_BAD_FRAME_HOLD
                           ? "set on_bad_frame to source or fail"
                           : "set inpaint.box_smoothing to 0");
    return rs_job_folder_open(f, err);
}

/* Before the model is loaded. */
static rs_status check_free(const struct job *j, rs_err *err)
{
    if (may_replace(j))
        return RS_OK;
    if (j->arena)
        RS_TRY(rs_batch_check_files(j->arena, j->spec, err));
    const bool beside = j->arena && j->sink_kind == RS_SINK_PICTURE; /* the output's own name stays free */
    return beside ? RS_OK : rs_sink_check_free(j->spec->output, err);
}

/* From here on the pipeline is one with the styles in its prompts. */
static rs_status apply_styles(struct job *j, rs_err *err)
{
    j->styled = *j->spec;
    j->spec = &j->styled;
    if (!(j->prompts = rs_arena_open(0)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    return rs_styles_resolve(j->prompts, &j->styled.img2img, err);
}

static rs_status open_model(struct job *j, rs_err *err)
{
    if (!j->stages->model)
        RS_TRY(rs_stages_open(j->stages, j->spec, j->log, j->events ? j->events->profile : NULL, err));
    j->stages->spec = j->spec; /* a clip's model was opened with the first one's */
    j->maker.spec = j->spec;
    j->maker.stages = j->stages;
    j->maker.fit = rs_fit_of(j->spec, rs_model_multiple(j->stages->model));
    j->maker.masked = j->masks != NULL;
    j->maker.log = j->log;
    j->maker.events = j->frame_events;
    j->maker.watch = j->spec->events != NULL;
    RS_TRY(rs_frame_texts_init(&j->maker.texts, j->spec, j->stages->model, err));
    j->result->failed = RS_JOB_OUTPUT;
    return check_size(j, err);
}

static rs_status open_all(struct job *j, rs_err *err)
{
    j->result->failed = RS_JOB_INPUT;
    const rs_source_options o = { .recursive = j->spec->recursive, .timeline = &j->spec->timeline,
                                  .numbered = j->spec->inpaint.mask != NULL,
                                  .refuse_hdr = j->spec->hdr == RS_HDR_REFUSE, .log = j->log,
                                  .stop = &j->stop };
    RS_TRY(rs_source_open_with(j->spec->input, &o, &j->source, err));
    if (j->spec->inpaint.mask)
        RS_TRY(rs_mask_source_open(&j->spec->inpaint, &o, rs_source_get_info(j->source), &j->masks, err));
    if (j->masks)
        RS_TRY(rs_mask_source_check(j->masks, j->source, err));
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_output(j, err));
    j->result->failed = RS_JOB_STATE;
    const rs_status folder = open_folder(j, err);
    if (j->folder.unreadable)
        j->result->failed = RS_JOB_INPUT;
    RS_TRY(folder);
    if (j->folder.finished)
        return RS_OK;
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_free(j, err));
    j->maker.fit = rs_fit_of(j->spec, 1); /* without a model nothing is fitted, but its rules hold */
    j->result->failed = RS_JOB_MODEL;
    RS_TRY(apply_styles(j, err));
    if (!j->folder.options.join)
        RS_TRY(open_model(j, err));
    j->result->failed = RS_JOB_OUTPUT;
    if (j->spec->events)
        RS_TRY(rs_event_log_open(j->spec->events, rs_source_get_info(j->source), &j->stop, &j->event_log,
                                 err));
    return open_sink(j, err);
}

/* A picture of this size is on its way to the writer. */
static rs_status push_done(struct job *j, rs_frame *frame, int64_t number, rs_size size, rs_err *err)
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
    struct job *j = cookie;
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

static rs_status make_frame(struct job *j, rs_frame *frame, rs_err *err)
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

static rs_status fetch_frame(struct job *j, rs_frame *frame, rs_err *err)
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

static rs_status run_frame(struct job *j, rs_frame *frame, rs_err *err)
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

static rs_status run_frames(struct job *j, rs_err *err)
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
static void stop_threads(struct job *j, bool complete)
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

/* How many frames this run goes through; 0: unknown, as how long a shard's scenes are. */
static int64_t share_of(const struct job *j)
{
    const rs_job_options *o = &j->folder.options;
    const int64_t n = rs_source_get_info(j->source)->n_frames;
    if (o->shards && j->folder.by_scene)
        return 0;
    return o->shards ? (n - o->shard + o->shards) / o->shards : n;
}

static rs_status run(struct job *j, rs_err *err)
{
    RS_TRY(open_all(j, err));
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
    struct job j = { .spec = spec, .stages = stages, .options = options ? options : &plain,
                     .events = events, .log = log,
                     .result = result ? result : &own, .started = rs_clock_now() };
    *j.result = (rs_job_result){ 0 };
    if (events)
        j.stop = (rs_stop){ events->stopped, events->cookie };
    const rs_status s = run(&j, &cause);
    if (s != RS_OK && err)
        *err = cause;
    rs_sink_close(&j.sink, false, NULL);
    rs_job_folder_close(&j.folder, &cause);
    rs_source_close(&j.source);
    rs_queue_release(&j.idle);
    rs_queue_release(&j.ready);
    rs_queue_release(&j.done);
    for (int i = 0; i < N_FRAMES; i++) {
        rs_frame_release(&j.frames[i]);
        rs_made_frame_release(&j.made[i]);
    }
    rs_frame_maker_release(&j.maker);
    rs_event_log_close(&j.event_log);
    rs_mask_source_close(&j.masks);
    rs_arena_close(&j.arena);
    rs_arena_close(&j.prompts);
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
