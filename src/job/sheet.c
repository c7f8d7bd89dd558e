/* Contact sheets. Every combination is a pipeline of its own, opened with overrides as a
 * command line would have them, so that keys are checked as everywhere. */
#include "restyle/sheet.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "job/fit.h"
#include "job/pick_frames.h"
#include "job/sheet_after.h"
#include "job/sheet_axis.h"
#include "job/sheet_draw.h"
#include "job/square.h"
#include "job/stages.h"
#include "media/alpha.h"
#include "media/mask_source.h"
#include "stage/styles.h"

enum { MAX_COMBINATIONS = 4096 };

struct combination {
    rs_pipeline *pipeline;
    const rs_pipeline_spec *spec;
    int value[RS_SHEET_MAX_AXES];
    double seconds; /* of all frames */
};

struct sheet {
    rs_arena *arena;
    const rs_pipeline_source *source;
    const rs_sheet_options *o;
    const rs_job_events *events;
    const rs_log *log;
    rs_job_part part;       /* where an error would come from */
    rs_sheet_axis axes[RS_SHEET_MAX_AXES];
    int n[RS_SHEET_MAX_AXES];
    struct combination *at; /* [n_all], x fastest */
    int n_all;
    rs_frame *frames;
    int n_frames;
    rs_source_info clip;
    rs_stages stages;
    rs_fitter fitter;
    rs_sheet_after after;
    rs_sheet_grid grid;
    rs_image picture, init, out;
    rs_image init_seen, out_seen; /* with square pixels */
    rs_mask_source *masks;  /* of the combination in the making; NULL: none */
    rs_mask raw, mask;      /* at the frame's size, at init's */
    rs_job_progress progress;
    double started;
    rs_stop stop;           /* of the events */
};

void rs_sheet_defaults(rs_sheet_options *options)
{
    *options = (rs_sheet_options){ .output = "sheet.png", .frames = 4, .cell = 256 };
}

/* The search text must be there, or the axis would make the same picture over and over. */
static rs_status replaced(struct sheet *s, const rs_sheet_axis *axis, int value, const char *text,
                          bool *found, const char **out, rs_err *err)
{
    *found = *found || strstr(text, axis->values[0]);
    *out = rs_sheet_replace(s->arena, text, axis->values[0], axis->values[value]);
    return *out ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for a prompt");
}

static rs_status open_with(struct sheet *s, const rs_override *overrides, size_t n, rs_pipeline **out,
                           rs_err *err)
{
    rs_pipeline_source source = *s->source;
    source.overrides = overrides;
    source.n_overrides = n;
    return rs_pipeline_open(&source, out, err);
}

/* Again, with the prompts that a prompt_sr axis makes of this pipeline's. */
static rs_status replace_prompts(struct sheet *s, struct combination *c, rs_override *overrides, size_t n,
                                 rs_err *err)
{
    for (size_t a = 0; a < s->o->n_vary; a++) {
        const rs_sheet_axis *axis = &s->axes[a];
        const rs_img2img_params *p = &rs_pipeline_get(c->pipeline)->img2img;
        rs_pipeline *next = NULL;
        bool found = false;
        if (axis->key)
            continue;
        rs_override *o = &overrides[n];
        o[0] = (rs_override){ "--vary", "img2img.prompt", NULL };
        o[1] = (rs_override){ "--vary", "img2img.negative_prompt", NULL };
        RS_TRY(replaced(s, axis, c->value[a], p->prompt, &found, &o[0].value, err));
        RS_TRY(replaced(s, axis, c->value[a], p->negative_prompt, &found, &o[1].value, err));
        if (!found)
            return RS_FAIL(err, RS_E_INVALID, "prompt_sr: '%s' is in neither prompt", axis->values[0]);
        n += 2;
        RS_TRY(open_with(s, overrides, n, &next, err));
        rs_pipeline_close(&c->pipeline);
        c->pipeline = next;
    }
    return RS_OK;
}

static rs_status open_combination(struct sheet *s, struct combination *c, rs_err *err)
{
    const size_t base = s->source->n_overrides;
    rs_override *o = RS_NEW_N(s->arena, rs_override, base + 3 * RS_SHEET_MAX_AXES);
    size_t n = base;
    if (!o)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a pipeline");
    for (size_t i = 0; i < base; i++)
        o[i] = s->source->overrides[i];
    for (size_t a = 0; a < s->o->n_vary; a++)
        if (s->axes[a].key)
            o[n++] = (rs_override){ "--vary", s->axes[a].key, s->axes[a].values[c->value[a]] };
    RS_TRY(open_with(s, o, n, &c->pipeline, err));
    RS_TRY(replace_prompts(s, c, o, n, err));
    rs_pipeline_spec *spec = RS_NEW(s->arena, rs_pipeline_spec);
    if (!spec)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a pipeline");
    *spec = *rs_pipeline_get(c->pipeline);
    RS_TRY(rs_styles_resolve(s->arena, &spec->img2img, err));
    c->spec = spec;
    if (!c->spec->model || !c->spec->input)
        return RS_FAIL(err, RS_E_INVALID, "the pipeline has no %s: name it in the file, or with --%s",
                       c->spec->model ? "input" : "model", c->spec->model ? "input" : "model");
    return RS_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_moment(rs_moment a, rs_moment b)
{
    return a.kind == b.kind && a.value == b.value;
}

/* A program has its place by exec.when. */
static bool same_exec(const rs_exec_spec *a, const rs_exec_spec *b)
{
    const bool a_before = a->command && a->when == RS_EXEC_BEFORE;
    const bool b_before = b->command && b->when == RS_EXEC_BEFORE;
    return !(a_before || b_before) ||
           (same_text(a->command, b->command) && a->when == b->when && a->bits == b->bits &&
            a->size.width == b->size.width && a->size.height == b->size.height);
}

static bool same_frames(const rs_pipeline_spec *a, const rs_pipeline_spec *b)
{
    const rs_timeline *t = &a->timeline, *u = &b->timeline;
    return same_text(a->input, b->input) && a->recursive == b->recursive &&
           t->deinterlace == u->deinterlace && same_moment(t->range.start, u->range.start) &&
           same_moment(t->range.end, u->range.end) && t->range.every == u->range.every &&
           t->fps.num == u->fps.num && t->fps.den == u->fps.den &&
           same_text(t->filters.before, u->filters.before) && same_exec(&t->exec, &u->exec);
}

static rs_status open_all(struct sheet *s, rs_err *err)
{
    if (s->o->n_vary > RS_SHEET_MAX_AXES)
        return RS_FAIL(err, RS_E_INVALID, "%zu axes, at most %d are possible", s->o->n_vary,
                       RS_SHEET_MAX_AXES);
    s->n_all = 1;
    for (int a = 0; a < RS_SHEET_MAX_AXES; a++) {
        if ((size_t)a < s->o->n_vary)
            RS_TRY(rs_sheet_axis_parse(s->arena, s->o->vary[a], &s->axes[a], err));
        s->n[a] = s->axes[a].n > 0 ? s->axes[a].n : 1;
        if (s->n_all * s->n[a] > MAX_COMBINATIONS)
            return RS_FAIL(err, RS_E_RANGE, "more than %d combinations", MAX_COMBINATIONS);
        s->n_all *= s->n[a];
    }
    s->at = RS_NEW_N(s->arena, struct combination, (size_t)s->n_all);
    if (!s->at)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d pipelines", s->n_all);
    for (int i = 0; i < s->n_all; i++) {
        struct combination *c = &s->at[i];
        c->value[0] = i % s->n[0];
        c->value[1] = i / s->n[0] % s->n[1];
        c->value[2] = i / s->n[0] / s->n[1];
        RS_TRY(open_combination(s, c, err));
        if (!same_frames(c->spec, s->at[0].spec))
            return RS_FAIL(err, RS_E_INVALID, "all pictures are of the same frames: what comes before "
                           "the model (input, recursive, range, fps, deinterlace, filters.before, exec) "
                           "cannot be varied");
    }
    if (!s->at[0].spec->overwrite && rs_is_file(s->o->output))
        return RS_FAIL(err, RS_E_IO, "'%s' exists: choose another name, or allow it with --overwrite",
                       s->o->output);
    return RS_OK;
}

/* The model stays while the next pipeline wants the same one. */
static rs_status need_stages(struct sheet *s, const rs_pipeline_spec *spec, rs_err *err)
{
    const rs_pipeline_spec *old = s->stages.spec;
    if (old && same_text(old->model, spec->model) && same_text(old->tokenizer, spec->tokenizer) &&
        same_text(old->upscale.model, spec->upscale.model) && old->memory == spec->memory &&
        old->precision == spec->precision && old->threads == spec->threads) {
        s->stages.spec = spec;
        return RS_OK;
    }
    rs_stages_close(&s->stages);
    s->part = RS_JOB_MODEL;
    return rs_stages_open(&s->stages, spec, s->log, s->events ? s->events->profile : NULL, err);
}

static bool on_step(void *cookie, int step, int n_steps)
{
    struct sheet *s = cookie;
    rs_job_progress *p = &s->progress;
    p->step = step;
    p->n_steps = n_steps;
    p->seconds = rs_clock_now() - s->started;
    p->per_frame = p->frame > 0 ? p->seconds / (double)p->frame : 0;
    p->eta = p->frame > 0 ? p->per_frame * (double)(p->n_frames - p->frame) : -1;
    return !s->events || !s->events->progress || s->events->progress(s->events->cookie, p);
}

static rs_source_options source_options(const struct sheet *s, const rs_pipeline_spec *spec)
{
    return (rs_source_options){ .recursive = spec->recursive, .timeline = &spec->timeline,
                                .numbered = spec->inpaint.mask != NULL, .stop = &s->stop };
}

/* Of a frame whose picture is s->init by now. Masks of films are read from their beginning for
 * each combination. */
static rs_status read_mask(struct sheet *s, const rs_pipeline_spec *spec, int frame, rs_err *err)
{
    const rs_source_options o = source_options(s, spec);
    s->part = RS_JOB_INPUT;
    if (frame == 0) {
        rs_mask_source_close(&s->masks);
        RS_TRY(rs_mask_source_open(&spec->inpaint, &o, &s->clip, &s->masks, err));
    }
    RS_TRY(rs_mask_source_next(s->masks, &s->frames[frame], &s->raw, err));
    RS_TRY(rs_fitter_mask(&s->fitter, &s->raw, &s->init, &s->mask, err));
    s->part = RS_JOB_FRAME;
    return RS_OK;
}

/* As it is seen: with square pixels. */
static rs_status see(const rs_image *image, rs_rational aspect, rs_image *seen, rs_err *err)
{
    const rs_size size = { image->width, image->height };
    return rs_square_image(seen, image, rs_square_size(size, aspect), err);
}

/* What the output has in the picture's place. */
static rs_status finish(struct sheet *s, const struct combination *c, int frame, rs_err *err)
{
    const rs_rational aspect = rs_fit_aspect(&s->fitter.fit, s->clip.sample_aspect);
    rs_stage_format f = { s->out.width, s->out.height, s->clip.rate, s->clip.time_base, aspect,
                          true };
    RS_TRY(rs_alpha_resize(&s->out, &s->init, RS_RESIZE_STRETCH, err));
    RS_TRY(rs_sheet_after_run(&s->after, &c->spec->timeline, &s->frames[frame], &f, &s->out, err));
    RS_TRY(see(&s->init, aspect, &s->init_seen, err));
    RS_TRY(see(&s->out, f.sample_aspect, &s->out_seen, err));
    rs_alpha_drop(&s->out); /* it is not the next one's */
    return RS_OK;
}

static rs_status paint(struct sheet *s, struct combination *c, int frame, double *seconds, rs_err *err)
{
    const rs_image *source = &s->frames[frame].image;
    const rs_progress progress = { on_step, s };
    rs_img2img_params p = c->spec->img2img;
    rs_stages_input in = { .init = &s->init };
    RS_TRY(need_stages(s, c->spec, err));
    s->part = RS_JOB_FRAME;
    const rs_fit *fit = &s->fitter.fit;
    s->fitter.fit = rs_fit_of(c->spec, rs_model_multiple(s->stages.model));
    s->fitter.aspect = s->clip.sample_aspect;
    RS_TRY(rs_fitter_image(&s->fitter, source, &s->init, err));
    const rs_size size = rs_fit_size(fit, source->width, source->height);
    if (fit->resize == RS_RESIZE_LATENT)
        p.latent_size = size;
    if (c->spec->inpaint.mask) {
        RS_TRY(read_mask(s, c->spec, frame, err));
        in.mask = &s->mask;
        in.part = size;
    }
    const double t0 = rs_clock_now();
    RS_TRY(rs_stages_run(&s->stages, &p, &in, 1, &s->out, &progress, err));
    *seconds = rs_clock_now() - t0;
    c->seconds += *seconds;
    return finish(s, c, frame, err);
}

static void put_duration(char *buf, size_t size, double seconds)
{
    const long t = (long)(seconds + 0.5);
    if (t >= 3600)
        snprintf(buf, size, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
    else
        snprintf(buf, size, "%ld:%02ld", t / 60, t % 60);
}

static void value_text(const struct sheet *s, int axis, int value, char *buf, size_t size)
{
    const rs_sheet_axis *a = &s->axes[axis];
    buf[0] = '\0';
    if (a->n > 0)
        snprintf(buf, size, a->key ? "%s %s" : "%.0s%s", a->label, a->values[value]);
}

/* All labels; the cells take the first picture's shape. */
static rs_status begin(struct sheet *s, rs_err *err)
{
    char text[256], below[64];
    const rs_pipeline_spec *spec = s->at[0].spec;
    const int w = s->out_seen.width, h = s->out_seen.height, longer = w > h ? w : h;
    const double shrink = longer > s->o->cell ? (double)s->o->cell / longer : 1;
    s->grid = (rs_sheet_grid){ .cols = s->n[0], .rows = s->n[1], .blocks = s->n[2], .frames = s->n_frames,
                               .cell = s->o->cell, .cell_w = (int)(w * shrink) > 1 ? (int)(w * shrink) : 1,
                               .cell_h = (int)(h * shrink) > 1 ? (int)(h * shrink) : 1 };
    snprintf(text, sizeof text, "%s: %lld frames, %dx%d to %dx%d", rs_path_name(spec->input),
             (long long)s->clip.n_frames, s->frames[0].image.width, s->frames[0].image.height, s->out.width,
             s->out.height);
    RS_TRY(rs_sheet_draw_open(&s->grid, text, &s->picture, err));
    for (int z = 0; z < s->n[2]; z++) {
        value_text(s, 2, z, text, sizeof text);
        rs_sheet_draw_block(&s->grid, &s->picture, z, text);
        rs_sheet_draw_column(&s->grid, &s->picture, z, 0, "source");
        for (int x = 0; x < s->n[0]; x++) {
            value_text(s, 0, x, text, sizeof text);
            rs_sheet_draw_column(&s->grid, &s->picture, z, x + 1, text);
        }
        for (int i = 0; i < s->n[1] * s->n_frames; i++) {
            const int y = i / s->n_frames, f = i % s->n_frames;
            value_text(s, 1, y, text, sizeof text);
            snprintf(below, sizeof below, "frame %lld", (long long)s->frames[f].index + 1);
            rs_sheet_draw_row(&s->grid, &s->picture, z, y, f, text, below);
        }
    }
    return RS_OK;
}

/* A frame as it goes into the model, in front of each of its rows. */
static rs_status draw_source(struct sheet *s, int frame, rs_err *err)
{
    for (int i = 0; i < s->n[2] * s->n[1]; i++)
        RS_TRY(rs_sheet_draw_picture(&s->grid, &s->picture, i / s->n[1], i % s->n[1], frame, 0,
                                     &s->init_seen, "", err));
    return RS_OK;
}

/* Seconds, and below the last frame what the whole clip would take. */
static rs_status draw_result(struct sheet *s, const struct combination *c, int frame, double seconds,
                             rs_err *err)
{
    char text[64], clip[32];
    put_duration(clip, sizeof clip, c->seconds / s->n_frames * (double)s->clip.n_frames);
    snprintf(text, sizeof text, frame + 1 == s->n_frames ? "%.2f s; clip %s" : "%.2f s", seconds, clip);
    return rs_sheet_draw_picture(&s->grid, &s->picture, c->value[2], c->value[1], frame, c->value[0] + 1,
                                 &s->out_seen, text, err);
}

static rs_status paint_all(struct sheet *s, rs_err *err)
{
    s->progress.n_frames = (int64_t)s->n_all * s->n_frames;
    s->started = rs_clock_now();
    for (int i = 0; i < s->n_all; i++)
        for (int f = 0; f < s->n_frames; f++) {
            struct combination *c = &s->at[i];
            double seconds = 0;
            RS_TRY(paint(s, c, f, &seconds, err));
            if (i == 0 && f == 0)
                RS_TRY(begin(s, err));
            if (i == 0)
                RS_TRY(draw_source(s, f, err));
            RS_TRY(draw_result(s, c, f, seconds, err));
            s->progress.frame++;
            if (!on_step(s, 0, s->progress.n_steps))
                return RS_FAIL(err, RS_E_CANCELLED, "stopped after %lld pictures",
                               (long long)s->progress.frame);
        }
    return RS_OK;
}

/* A line a combination: what was varied, seconds a picture, the whole clip. */
static rs_status write_report(struct sheet *s, const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 20);
    for (int i = 0; sink && i < s->n_all; i++) {
        const struct combination *c = &s->at[i];
        const double mean = c->seconds / s->n_frames;
        char clip[32];
        for (size_t a = 0; a < s->o->n_vary; a++)
            rs_strbuf_printf(&sb, "%s %s, ", s->axes[a].label, s->axes[a].values[c->value[a]]);
        put_duration(clip, sizeof clip, mean * (double)s->clip.n_frames);
        rs_strbuf_printf(&sb, "%d steps: %.2f s a picture, %s for %lld frames\n",
                         rs_img2img_steps(&c->spec->img2img), mean, clip, (long long)s->clip.n_frames);
    }
    const rs_status st = sb.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory for the report") : RS_OK;
    if (st == RS_OK && sink)
        sink->put(sink->cookie, rs_strbuf_str(&sb), sb.len);
    rs_strbuf_release(&sb);
    return st;
}

static rs_status make(struct sheet *s, const rs_text_sink *report, rs_err *err)
{
    if (s->o->frames < 1 || s->o->frames > RS_SHEET_MAX_FRAMES || s->o->cell < 32 || s->o->cell > 4096)
        return RS_FAIL(err, RS_E_RANGE, "%d frames in cells of %d pixels: expected 1 to %d, and 32 to 4096",
                       s->o->frames, s->o->cell, RS_SHEET_MAX_FRAMES);
    RS_TRY(open_all(s, err));
    s->part = RS_JOB_INPUT;
    s->frames = RS_NEW_N(s->arena, rs_frame, (size_t)s->o->frames);
    if (!s->frames)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d frames", s->o->frames);
    const rs_pipeline_spec *spec = s->at[0].spec;
    const rs_source_options o = source_options(s, spec);
    RS_TRY(rs_pick_frames(s->arena, spec->input, &o, s->o->frames, s->frames, &s->n_frames, &s->clip, err));
    RS_TRY(paint_all(s, err));
    s->part = RS_JOB_OUTPUT;
    RS_TRY(rs_image_write_png(s->o->output, &s->picture, NULL, err));
    RS_TRY(write_report(s, report, err));
    s->part = RS_JOB_NONE;
    return RS_OK;
}

static void release(struct sheet *s)
{
    rs_stages_close(&s->stages);
    for (int i = 0; s->at && i < s->n_all; i++)
        rs_pipeline_close(&s->at[i].pipeline);
    for (int i = 0; s->frames && i < s->n_frames; i++)
        rs_frame_release(&s->frames[i]);
    rs_fitter_release(&s->fitter);
    rs_sheet_after_release(&s->after);
    rs_image *const images[] = { &s->picture, &s->init, &s->out, &s->init_seen, &s->out_seen };
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++)
        rs_image_release(images[i]);
    rs_mask_source_close(&s->masks);
    rs_mask_release(&s->raw);
    rs_mask_release(&s->mask);
    rs_arena_close(&s->arena);
}

rs_status rs_sheet_make(const rs_pipeline_source *source, const rs_sheet_options *options,
                        const rs_job_events *events, const rs_log *log, rs_job_part *failed,
                        const rs_text_sink *report, rs_err *err)
{
    struct sheet s = { .source = source, .o = options, .events = events, .log = log };
    if (events)
        s.stop = (rs_stop){ events->stopped, events->cookie };
    s.after = (rs_sheet_after){ .log = log, .stop = &s.stop };
    s.arena = rs_arena_open(1 << 16);
    const rs_status st = s.arena ? make(&s, report, err) : RS_FAIL(err, RS_E_NOMEM, "no memory for a sheet");
    if (failed)
        *failed = st == RS_OK ? RS_JOB_NONE : s.part;
    release(&s);
    return st;
}
