/* source -> resize -> (loopback blend) -> img2img -> sink, one frame at a time.
 *
 * The previous output is kept as floats, so loopback adds no rounding. */
#include "restyle/job.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "media/media.h"
#include "restyle/img2img.h"

struct job {
    const rs_pipeline_spec *spec;
    const rs_job_events *events;
    const rs_log *log;
    rs_job_result *result;
    rs_source *source;
    rs_model *model;
    rs_sink *sink;
    rs_sink_kind sink_kind;
    rs_size sink_size;    /* of the first frame's output: what a video's frames must have */
    rs_frame frame;       /* as decoded */
    rs_image init;        /* at the size of the output */
    rs_image previous;    /* the last output */
    rs_job_progress progress;
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
    return !j->events || !j->events->progress || j->events->progress(j->events->cookie, p);
}

static bool on_step(void *cookie, int step, int n_steps)
{
    struct job *j = cookie;
    j->progress.step = step;
    j->progress.n_steps = n_steps;
    return report(j);
}

static int round_to(int v, int multiple)
{
    const int r = (v + multiple / 2) / multiple * multiple;
    return r < multiple ? multiple : r;
}

/* The size of the output for a frame of w x h. */
static rs_size output_size(const struct job *j, int w, int h)
{
    if (j->spec->size.width > 0)
        return j->spec->size;
    const int m = rs_model_multiple(j->model);
    return (rs_size){ round_to(w, m), round_to(h, m) };
}

static rs_status check_size(const struct job *j, rs_err *err)
{
    const rs_size s = j->spec->size;
    const int m = rs_model_multiple(j->model);
    if (s.width % m || s.height % m)
        return RS_FAIL(err, RS_E_INVALID, "size: %dx%d is not a multiple of %d, which this model needs; "
                       "the nearest is %dx%d", s.width, s.height, m, round_to(s.width, m),
                       round_to(s.height, m));
    return RS_OK;
}

/* Said before the model is loaded and a frame computed. */
static rs_status check_output(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    RS_TRY(rs_sink_kind_of(j->spec->output, &j->sink_kind, err));
    if (j->sink_kind == RS_SINK_PICTURE && info->n_frames_exact && info->n_frames > 1)
        return RS_FAIL(err, RS_E_INVALID, "'%s' is one picture, but '%s' has %lld frames: name a folder or "
                       "a video", j->spec->output, j->spec->input, (long long)info->n_frames);
    return RS_OK;
}

static rs_status open_sink(struct job *j, rs_err *err)
{
    const rs_source_info *info = rs_source_get_info(j->source);
    const rs_encode_spec *e = &j->spec->encode;
    rs_sink_options o;
    rs_sink_options_from(&o, info);
    j->sink_size = output_size(j, info->width, info->height);
    o.width = j->sink_size.width;
    o.height = j->sink_size.height;
    /* a size of its own has square pixels: the resize has made the shape right */
    if (j->spec->size.width > 0)
        o.sample_aspect = (rs_rational){ 1, 1 };
    o.codec = e->codec;
    o.crf = e->crf;
    o.preset = e->preset;
    o.pixel_format = e->pixel_format;
    o.overwrite = j->spec->overwrite;
    o.log = j->log;
    if (e->audio == RS_AUDIO_NONE)
        o.audio_from = NULL;
    return rs_sink_open(j->spec->output, &o, &j->sink, err);
}

static rs_status open_all(struct job *j, rs_err *err)
{
    j->result->failed = RS_JOB_INPUT;
    RS_TRY(rs_source_open(j->spec->input, j->log, &j->source, err));
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_output(j, err));
    j->result->failed = RS_JOB_MODEL;
    rs_model_options o = rs_pipeline_model_options(j->spec);
    o.log = j->log;
    o.profile = j->events ? j->events->profile : NULL;
    RS_TRY(rs_model_open(j->spec->model, &o, &j->model, err));
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(check_size(j, err));
    return open_sink(j, err);
}

/* A well-mixed 32-bit seed for frame i (splitmix64, Steele et al. 2014). */
static uint64_t mixed_seed(uint64_t seed, uint64_t i)
{
    uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) >> 32;
}

static uint64_t frame_seed(const struct job *j)
{
    const uint64_t seed = j->spec->img2img.seed, i = (uint64_t)j->frame.index;
    if (!j->spec->loopback.enabled)
        return seed;
    switch (j->spec->loopback.seed) {
    case RS_LOOPBACK_INCREMENT: return seed + i;
    case RS_LOOPBACK_RANDOM: return i ? mixed_seed(seed, i) : seed;
    case RS_LOOPBACK_FIXED: break;
    }
    return seed;
}

static rs_status make_init(struct job *j, rs_err *err)
{
    const rs_size size = output_size(j, j->frame.image.width, j->frame.image.height);
    if (j->sink_kind == RS_SINK_VIDEO &&
        (size.width != j->sink_size.width || size.height != j->sink_size.height))
        return RS_FAIL(err, RS_E_INVALID, "%s%sgives %dx%d, but the video began with %dx%d: set a 'size' for "
                       "all", j->frame.name ? j->frame.name : "", j->frame.name ? " " : "", size.width,
                       size.height, j->sink_size.width, j->sink_size.height);
    if (j->init.width != size.width || j->init.height != size.height) {
        rs_image_release(&j->init);
        rs_image_release(&j->previous); /* another size: the loop starts anew */
        RS_TRY(rs_image_alloc(&j->init, size.width, size.height, err));
    }
    RS_TRY(rs_image_resize(&j->init, &j->frame.image, j->spec->resize, err));
    if (!j->spec->loopback.enabled || !j->previous.rgb)
        return RS_OK;
    const float b = j->spec->loopback.blend;
    const size_t n = (size_t)size.width * (size_t)size.height * 3;
    for (size_t i = 0; i < n; i++)
        j->init.rgb[i] = b * j->previous.rgb[i] + (1.0f - b) * j->init.rgb[i];
    return RS_OK;
}

static rs_status restyle_frame(struct job *j, rs_err *err)
{
    rs_img2img_params p = j->spec->img2img;
    p.seed = frame_seed(j);
    RS_TRY(make_init(j, err));
    const rs_progress progress = { on_step, j };
    rs_image out = { 0 };
    RS_TRY(rs_img2img(j->model, &p, &j->init, &out, &progress, err));
    rs_image_release(&j->previous);
    j->previous = out;
    j->result->width = out.width;
    j->result->height = out.height;
    return RS_OK;
}

static rs_status write_frame(struct job *j, rs_err *err)
{
    rs_frame f = j->frame; /* its times and names, with the new picture */
    f.image = j->previous;
    return rs_sink_write(j->sink, &f, err);
}

static rs_status run_frames(struct job *j, rs_err *err)
{
    j->first_frame = rs_clock_now();
    for (;;) {
        bool end = false;
        j->result->failed = RS_JOB_INPUT;
        RS_TRY(rs_source_next(j->source, &j->frame, &end, err));
        if (end)
            return RS_OK;
        j->result->failed = RS_JOB_FRAME;
        const rs_status s = restyle_frame(j, err);
        if (s != RS_OK)
            return s == RS_E_CANCELLED ? s : rs_err_wrap(err, s, "frame %lld",
                                                         (long long)j->frame.index + 1);
        j->result->failed = RS_JOB_OUTPUT;
        RS_TRY(write_frame(j, err));
        j->result->failed = RS_JOB_FRAME;
        j->progress.frame = j->result->frames = j->frame.index + 1;
        j->progress.step = 0;
        j->progress.per_frame = (rs_clock_now() - j->first_frame) / (double)j->progress.frame;
        if (!report(j))
            return RS_FAIL(err, RS_E_CANCELLED, "stopped after frame %lld",
                           (long long)j->progress.frame);
    }
}

static rs_status run(struct job *j, rs_err *err)
{
    RS_TRY(open_all(j, err));
    j->progress.n_frames = rs_source_get_info(j->source)->n_frames;
    RS_TRY(run_frames(j, err));
    if (j->result->frames == 0) {
        j->result->failed = RS_JOB_INPUT;
        return RS_FAIL(err, RS_E_FORMAT, "'%s' has no frames", j->spec->input);
    }
    j->result->failed = RS_JOB_OUTPUT;
    RS_TRY(rs_sink_close(&j->sink, true, err));
    j->result->failed = RS_JOB_NONE;
    return RS_OK;
}

rs_status rs_job_run(const rs_pipeline_spec *spec, const rs_job_events *events, const rs_log *log,
                     rs_job_result *result, rs_err *err)
{
    rs_job_result own;
    struct job j = { .spec = spec, .events = events, .log = log, .result = result ? result : &own,
                     .started = rs_clock_now() };
    *j.result = (rs_job_result){ 0 };
    const rs_status s = run(&j, err);
    rs_sink_close(&j.sink, false, NULL);
    rs_source_close(&j.source);
    rs_model_close(&j.model);
    rs_frame_release(&j.frame);
    rs_image_release(&j.init);
    rs_image_release(&j.previous);
    j.result->seconds = rs_clock_now() - j.started;
    return s;
}
