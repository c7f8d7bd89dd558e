#include "restyle/explain.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "job/explain_cost.h"
#include "job/fit.h"
#include "job/picture_grid.h"
#include "job/stages.h"
#include "media/media.h"
#include "prompt/prompt_and.h"
#include "sample/denoise.h"
#include "sample/plan.h"
#include "stage/loras.h"

struct explain {
    rs_arena *arena;
    const rs_pipeline_spec *spec;
    rs_strbuf sb;
    rs_bundle *bundle;
    rs_source *source;
    rs_noise_levels levels;
    rs_fit fit;
    rs_size picture;  /* what img2img gets */
    rs_size painted;  /* what one run of it gives: the picture, its latent's size, or a tile */
    int steps;        /* of all runs of img2img for a picture: loops, tiles, sides */
    rs_picture_work work;
    rs_upscaler *upscaler;
};

static void line(struct explain *e, const char *what)
{
    rs_strbuf_printf(&e->sb, "%-10s ", what);
}

static void explain_model(struct explain *e)
{
    const char *layout = rs_is_dir(e->spec->model) ? "folder" : "file";
    const rs_unet_config *u = rs_bundle_unet(e->bundle);
    line(e, "model");
    rs_strbuf_printf(&e->sb, "%s %s: %d levels of", layout, rs_path_name(e->spec->model), u->n_levels);
    for (int i = 0; i < u->n_levels; i++)
        rs_strbuf_printf(&e->sb, " %d", u->channels[i]);
    rs_strbuf_printf(&e->sb, " channels, %s prediction, %s\n",
                     e->levels.prediction == RS_PREDICT_V ? "v" : "epsilon",
                     e->spec->precision == RS_PRECISION_FAST ? "8 bits where that is faster"
                                                             : "32-bit floats");
}

static void explain_input(struct explain *e)
{
    static const char *const kinds[] = { "video", "animation", "folder", "still" };
    const rs_source_info *info = rs_source_get_info(e->source);
    line(e, "input");
    rs_strbuf_printf(&e->sb, "%s %s: ", kinds[info->kind], rs_path_name(e->spec->input));
    if (info->n_frames > 0)
        rs_strbuf_printf(&e->sb, "%s%lld frame%s of ", info->n_frames_exact ? "" : "about ",
                         (long long)info->n_frames, info->n_frames == 1 ? "" : "s");
    rs_strbuf_printf(&e->sb, "%dx%d", info->width, info->height);
    if (info->kind == RS_SOURCE_VIDEO || info->kind == RS_SOURCE_ANIMATION)
        rs_strbuf_printf(&e->sb, ", %.4g a second", (double)info->rate.num / info->rate.den);
    rs_strbuf_puts(&e->sb, "\n");
    if (e->spec->inputs.n > 1)
        rs_strbuf_printf(&e->sb, "%-10s is the first of %zu inputs\n", "", e->spec->inputs.n);
}

static void explain_upscale(struct explain *e, rs_upscale_when when, rs_size from)
{
    const rs_upscale_params *up = &e->spec->upscale;
    if (!up->model || up->when != when)
        return;
    const rs_size to = rs_upscale_size(up->factor, from.width, from.height);
    line(e, "upscale");
    rs_strbuf_printf(&e->sb, "%s: %dx%d to %dx%d, ", rs_path_name(up->model), from.width, from.height,
                     to.width, to.height);
    if (up->tile > 0)
        rs_strbuf_printf(&e->sb, "tiles of %d overlapping by %d\n", up->tile, up->overlap);
    else
        rs_strbuf_puts(&e->sb, "in one piece\n");
}

static rs_status explain_size(struct explain *e, rs_err *err)
{
    static const char *const modes[] = { "stretched", "cropped", "filled up", "cut and averaged",
                                         "stretched as a latent" };
    const rs_source_info *info = rs_source_get_info(e->source);
    const rs_size in = rs_fit_input_size(&e->fit, info->width, info->height);
    const rs_size out = rs_fit_size(&e->fit, info->width, info->height);
    const bool latent = e->fit.resize == RS_RESIZE_LATENT;
    const bool odd = out.width % e->fit.multiple || out.height % e->fit.multiple;
    if (odd && !e->fit.exact)
        return RS_FAIL(err, RS_E_INVALID, "size: %dx%d is no multiple of %d, which this model needs",
                       out.width, out.height, e->fit.multiple);
    line(e, "size");
    if (out.width == info->width && out.height == info->height)
        rs_strbuf_printf(&e->sb, "%dx%d, as it is%s\n", out.width, out.height, odd ? ", padded inside" : "");
    else
        rs_strbuf_printf(&e->sb, "%dx%d to %dx%d, %s\n", info->width, info->height, out.width, out.height,
                         modes[e->fit.resize]);
    explain_upscale(e, RS_UPSCALE_BEFORE, in);
    e->picture = rs_stages_init_size(e->spec, in);
    e->painted = latent || e->fit.keep ? out : e->picture;
    return RS_OK;
}

/* How many runs of which size. */
static void add_runs(struct explain *e, rs_size size, int n)
{
    e->work.runs[e->work.n_sizes++] = (rs_runs){ size, n };
}

static void explain_tiles(struct explain *e)
{
    const rs_sd_upscale *up = &e->spec->sd_upscale;
    const rs_size to = rs_sd_upscale_size(up, e->painted.width, e->painted.height);
    const int n = rs_sd_upscale_tiles(up, e->painted.width, e->painted.height);
    const rs_size tile = { up->tile < to.width ? up->tile : to.width,
                           up->tile < to.height ? up->tile : to.height };
    add_runs(e, tile, n);
    e->steps *= n;
    line(e, "tiles");
    rs_strbuf_printf(&e->sb, "SD upscale to %dx%d: %d of %dx%d, overlapping by %d or more\n", to.width,
                     to.height, n, tile.width, tile.height, up->overlap);
}

static void explain_outpaint(struct explain *e)
{
    const rs_outpaint *o = &e->spec->outpaint;
    const rs_size from = e->painted, to = rs_outpaint_size(o, from.width, from.height);
    const int n = rs_outpaint_runs(o, from.width, from.height);
    const bool mk2 = o->method == RS_OUTPAINT_MK2;
    line(e, "outpaint");
    rs_strbuf_printf(&e->sb, "%s, %dx%d to %dx%d:", mk2 ? "mk2" : "poor man's", from.width, from.height,
                     to.width, to.height);
    for (int i = 0; i < (mk2 ? n : 1); i++) {
        const rs_size size = rs_outpaint_run_size(o, from.width, from.height, e->fit.multiple, i);
        add_runs(e, size, mk2 ? 1 : n);
        rs_strbuf_printf(&e->sb, "%s %d of %dx%d", i ? "," : "", mk2 ? 1 : n, size.width, size.height);
    }
    rs_strbuf_puts(&e->sb, "\n");
    e->steps *= n;
}

static void explain_loops(struct explain *e)
{
    const rs_loops *l = &e->spec->loops;
    rs_img2img_params p = e->spec->img2img;
    add_runs(e, e->painted, l->count);
    e->steps = 0;
    line(e, "loops");
    rs_strbuf_printf(&e->sb, "%d, at strength", l->count);
    for (int i = 0; i < l->count; i++) {
        p.strength = rs_loops_strength(l, e->spec->img2img.strength, i);
        e->steps += rs_img2img_steps(&p);
        rs_strbuf_printf(&e->sb, " %.3g", (double)p.strength);
    }
    rs_strbuf_puts(&e->sb, "\n");
}

/* Runs of img2img for a picture, and their steps. */
static void explain_script(struct explain *e, int steps)
{
    e->steps = steps;
    if (e->spec->sd_upscale.factor > 0)
        explain_tiles(e);
    else if (rs_outpaint_grows(&e->spec->outpaint))
        explain_outpaint(e);
    else if (e->spec->loops.count > 1)
        explain_loops(e);
    else
        add_runs(e, e->painted, 1);
}

static rs_status explain_guidance(struct explain *e, rs_err *err)
{
    const rs_img2img_params *p = &e->spec->img2img;
    const char *prompt, *negative;
    rs_list loras;
    rs_prompt_share *shares;
    int n;
    RS_TRY(rs_loras_of(e->arena, p, &loras, &prompt, &negative, err));
    RS_TRY(rs_prompt_and_parse(e->arena, prompt, &shares, &n, err));
    e->work.items = rs_denoiser_batch(p->cfg_scale, (float)shares[0].weight, n);
    line(e, "guidance");
    rs_strbuf_printf(&e->sb, "cfg_scale %g: each pass takes ", (double)p->cfg_scale);
    if (n > 1)
        rs_strbuf_printf(&e->sb, "%d prompts and the negative prompt", n);
    else
        rs_strbuf_puts(&e->sb, e->work.items > 1 ? "prompt and negative prompt in one batch"
                                                 : "the prompt only");
    rs_strbuf_printf(&e->sb, "; %d pass%s a picture\n", e->work.passes, e->work.passes == 1 ? "" : "es");
    return RS_OK;
}

static rs_status explain_sampling(struct explain *e, rs_err *err)
{
    const rs_img2img_params *p = &e->spec->img2img;
    rs_sample_plan plan;
    RS_TRY(rs_sample_plan_init(e->arena, &e->levels, p, &plan, err));
    line(e, "steps");
    rs_strbuf_printf(&e->sb, "%d of %d at strength %g, %s with %s, eta %g, seed %llu\n", plan.n_steps,
                     p->steps, (double)p->strength, p->sampler,
                     strcmp(p->scheduler, "automatic") == 0 ? plan.sampler->scheduler : p->scheduler,
                     plan.eta, (unsigned long long)p->seed);
    if (plan.n_steps == 0)
        return RS_OK;
    line(e, "sigmas");
    for (int i = 0; i <= plan.n_steps; i++)
        rs_strbuf_printf(&e->sb, "%s%.4g", i ? " " : "", plan.sigmas[i]);
    rs_strbuf_puts(&e->sb, "\n");
    explain_script(e, plan.n_steps);
    const bool twice = plan.sampler->flags & RS_SAMPLER_SECOND_ORDER;
    int runs = 0;
    for (int i = 0; i < e->work.n_sizes; i++)
        runs += e->work.runs[i].n;
    e->work.passes = twice ? 2 * e->steps - runs : e->steps;
    return explain_guidance(e, err);
}

static void explain_memory(struct explain *e, const rs_picture_cost *c)
{
    line(e, "memory");
    rs_strbuf_printf(&e->sb, "about %.3g MB: %.3g MB of weights%s, %.3g MB for the widest layer",
                     (c->weights + c->widest + c->upscaler) / 1e6, c->weights / 1e6,
                     e->spec->memory == RS_MEMORY_LOW ? " at a time" : "", c->widest / 1e6);
    if (e->upscaler)
        rs_strbuf_printf(&e->sb, ", %.3g MB for the upscaler", c->upscaler / 1e6);
    rs_strbuf_puts(&e->sb, "\n");
}

static void put_duration(rs_strbuf *sb, double seconds)
{
    const long t = (long)(seconds + 0.5);
    rs_strbuf_printf(sb, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
}

static void explain_time(struct explain *e, const rs_picture_cost *c)
{
    const int64_t frames = rs_source_get_info(e->source)->n_frames * rs_batch_pictures(&e->spec->batch);
    line(e, "time");
    rs_strbuf_printf(&e->sb, "about %.3g s a picture: %.4g GFLOP at %.4g GFLOP/s", c->seconds, c->gflop,
                     c->gflops);
    if (frames > 0) {
        rs_strbuf_puts(&e->sb, "; ");
        put_duration(&e->sb, c->seconds * (double)frames);
        rs_strbuf_printf(&e->sb, " for %lld", (long long)frames);
    }
    rs_strbuf_puts(&e->sb, "\n");
}

static void explain_output(struct explain *e)
{
    const rs_source_info *info = rs_source_get_info(e->source);
    const rs_size fitted = rs_fit_size(&e->fit, info->width, info->height);
    const rs_size in = rs_fit_input_size(&e->fit, info->width, info->height);
    const rs_size latent = e->fit.resize == RS_RESIZE_LATENT ? fitted : (rs_size){ 0 };
    const rs_size out = rs_stages_size(e->spec, in, latent);
    rs_size before = e->picture;
    if (latent.width)
        before = latent;
    if (e->spec->sd_upscale.factor > 0)
        before = rs_sd_upscale_size(&e->spec->sd_upscale, before.width, before.height);
    before = rs_outpaint_size(&e->spec->outpaint, before.width, before.height);
    e->work.upscaled = e->spec->upscale.when == RS_UPSCALE_BEFORE ? in : before;
    explain_upscale(e, RS_UPSCALE_AFTER, before);
    line(e, "output");
    rs_strbuf_printf(&e->sb, "%dx%d%s%s\n", out.width, out.height, e->spec->output ? ": " : "",
                     e->spec->output ? rs_path_name(e->spec->output) : "");
}

/* What frames go through beside the model, in its order. */
static void explain_beside(struct explain *e, rs_exec_when when)
{
    const rs_timeline *t = &e->spec->timeline;
    const bool before = when == RS_EXEC_BEFORE;
    const char *graph = before ? t->filters.before : t->filters.after;
    const char *command = t->exec.when == when ? t->exec.command : NULL;
    const char *first = before ? graph : command, *second = before ? command : graph;
    if (!first && !second)
        return;
    line(e, before ? "before" : "after");
    rs_strbuf_printf(&e->sb, "%s%s%s\n", first ? first : "", first && second ? ", then " : "",
                     second ? second : "");
}

static rs_status open_parts(struct explain *e, rs_job_part *part, rs_err *err)
{
    const rs_pipeline_spec *s = e->spec;
    if (!s->model || !s->input)
        return RS_FAIL(err, RS_E_INVALID, "the pipeline has no %s: name it in the file, or with --%s",
                       s->model ? "input" : "model", s->model ? "input" : "model");
    *part = RS_JOB_INPUT;
    const rs_source_options o = { .recursive = s->recursive, .timeline = &s->timeline };
    RS_TRY(rs_source_open_with(s->input, &o, &e->source, err));
    *part = RS_JOB_MODEL;
    RS_TRY(rs_bundle_open(e->arena, s->model, s->tokenizer, &e->bundle, err));
    RS_TRY(rs_noise_levels_init(e->arena, rs_bundle_noise(e->bundle), &e->levels, err));
    e->fit = rs_fit_of(s, 1 << (rs_bundle_vae(e->bundle)->n_levels - 1));
    if (s->upscale.model)
        RS_TRY(rs_upscaler_open(s->upscale.model, s->threads, &e->upscaler, err));
    e->work = (rs_picture_work){ .spec = s, .bundle = e->bundle, .upscaler = e->upscaler };
    *part = RS_JOB_NONE;
    return RS_OK;
}

static void explain_batch(struct explain *e)
{
    const rs_batch_spec *b = &e->spec->batch;
    const int n = rs_batch_pictures(b);
    int rows, cols;
    if (n == 1)
        return;
    line(e, "batch");
    rs_strbuf_printf(&e->sb, "%d pictures of each frame, %d at a time through the network", n,
                     rs_stages_together(e->spec));
    rs_picture_grid_shape(b, &rows, &cols);
    if (b->grid)
        rs_strbuf_printf(&e->sb, ", and a grid of %d by %d", cols, rows);
    rs_strbuf_puts(&e->sb, "\n");
}

static rs_status explain(struct explain *e, rs_job_part *part, rs_err *err)
{
    RS_TRY(open_parts(e, part, err));
    explain_model(e);
    explain_input(e);
    explain_beside(e, RS_EXEC_BEFORE);
    RS_TRY(explain_size(e, err));
    RS_TRY(explain_sampling(e, err));
    explain_batch(e);
    explain_beside(e, RS_EXEC_AFTER);
    explain_output(e);
    if (e->steps == 0) {
        line(e, "time");
        rs_strbuf_puts(&e->sb, "no step is executed: pictures pass through\n");
        return RS_OK;
    }
    rs_picture_cost cost;
    RS_TRY(rs_picture_cost_of(&e->work, e->arena, &cost, err));
    explain_memory(e, &cost);
    explain_time(e, &cost);
    return RS_OK;
}

rs_status rs_explain(const rs_pipeline_spec *spec, const rs_text_sink *sink, rs_job_part *failed,
                     rs_err *err)
{
    struct explain e = { .spec = spec, .arena = rs_arena_open(1 << 20) };
    rs_job_part part = RS_JOB_NONE;
    rs_strbuf_init(&e.sb, 1 << 20);
    rs_status s = e.arena ? explain(&e, &part, err) : RS_FAIL(err, RS_E_NOMEM, "no memory to explain");
    if (s == RS_OK && e.sb.failed)
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to explain");
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(&e.sb), e.sb.len);
    if (failed)
        *failed = s == RS_OK ? RS_JOB_NONE : part;
    rs_strbuf_release(&e.sb);
    rs_source_close(&e.source);
    rs_upscaler_close(&e.upscaler);
    rs_bundle_close(&e.bundle);
    rs_arena_close(&e.arena);
    return s;
}
