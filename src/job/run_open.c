/* Everything is asked for before the first frame is computed: what cannot work is said at once. */
#include "job/run.h"

#include "base/arena.h"
#include "base/err.h"
#include "infotext/infotext.h"
#include "job/made_already.h"
#include "media/frame_chain.h"
#include "pipe/batch_names.h"
#include "pipe/video_text_make.h"
#include "restyle/img2img.h"
#include "stage/styles.h"

static rs_status check_size(const rs_run *j, rs_err *err)
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
static rs_status check_output(rs_run *j, rs_err *err)
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

static const char *sink_path(const rs_run *j)
{
    return j->folder.arena ? j->folder.sink_path : j->spec->output;
}

static rs_status tell_temporary(const rs_run *j, rs_err *err)
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
static rs_size first_size(const rs_run *j, const rs_source_info *info)
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
static bool may_replace(const rs_run *j)
{
    return j->spec->overwrite || j->options->restart || j->folder.arena;
}

static rs_status open_sink(rs_run *j, rs_err *err)
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
static bool still_is_made(const rs_run *j, int64_t *n)
{
    const rs_job_options *o = j->options;
    return o->resumable && !o->restart && !j->spec->overwrite && rs_made_already(j->spec, true, &j->stop, n);
}

static rs_status open_folder(rs_run *j, rs_err *err)
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
    f->stop = &j->stop;
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
static rs_status check_free(const rs_run *j, rs_err *err)
{
    if (may_replace(j))
        return RS_OK;
    if (j->arena)
        RS_TRY(rs_batch_check_files(j->arena, j->spec, err));
    const bool beside = j->arena && j->sink_kind == RS_SINK_PICTURE; /* the output's own name stays free */
    return beside ? RS_OK : rs_sink_check_free(j->spec->output, err);
}

/* From here on the pipeline is one with the styles in its prompts. */
static rs_status apply_styles(rs_run *j, rs_err *err)
{
    j->styled = *j->spec;
    j->spec = &j->styled;
    if (!(j->prompts = rs_arena_open(0)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    return rs_styles_resolve(j->prompts, &j->styled.img2img, err);
}

static rs_status open_model(rs_run *j, rs_err *err)
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

rs_status rs_run_open(rs_run *j, rs_err *err)
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
    rs_status folder = open_folder(j, err);
    if (folder != RS_OK && folder != RS_E_CANCELLED && rs_stop_asked(&j->stop))
        folder = RS_FAIL(err, RS_E_CANCELLED, "stopped before the first frame");
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

void rs_run_close(rs_run *j, const rs_err *cause)
{
    rs_sink_close(&j->sink, false, NULL);
    rs_job_folder_close(&j->folder, cause);
    rs_source_close(&j->source);
    rs_queue_release(&j->idle);
    rs_queue_release(&j->ready);
    rs_queue_release(&j->done);
    for (int i = 0; i < RS_RUN_FRAMES; i++) {
        rs_frame_release(&j->frames[i]);
        rs_made_frame_release(&j->made[i]);
    }
    rs_frame_maker_release(&j->maker);
    rs_event_log_close(&j->event_log);
    rs_mask_source_close(&j->masks);
    rs_arena_close(&j->arena);
    rs_arena_close(&j->prompts);
}
