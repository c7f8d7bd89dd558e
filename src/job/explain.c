#include "restyle/explain.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "bench/cost.h"
#include "bench/gemm_rate.h"
#include "job/picture_grid.h"
#include "job/reader.h"
#include "job/stages.h"
#include "kernel/kern.h"
#include "sample/plan.h"
#include "tensor/gemm.h"
#include "weights/part_tensors.h"

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
    int runs;         /* of img2img for a picture: loops or tiles */
    int steps;        /* of all of them */
    int passes;       /* of the network for these */
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
    static const char *const modes[] = { "stretched", "cropped", "filled up", "stretched as a latent" };
    const rs_source_info *info = rs_source_get_info(e->source);
    const rs_size in = rs_fit_input_size(&e->fit, info->width, info->height);
    const rs_size out = rs_fit_size(&e->fit, info->width, info->height);
    const bool latent = e->fit.resize == RS_RESIZE_LATENT;
    if (out.width % e->fit.multiple || out.height % e->fit.multiple)
        return RS_FAIL(err, RS_E_INVALID, "size: %dx%d is no multiple of %d, which this model needs",
                       out.width, out.height, e->fit.multiple);
    line(e, "size");
    if (out.width == info->width && out.height == info->height)
        rs_strbuf_printf(&e->sb, "%dx%d, as it is\n", out.width, out.height);
    else
        rs_strbuf_printf(&e->sb, "%dx%d to %dx%d, %s\n", info->width, info->height, out.width, out.height,
                         modes[e->fit.resize]);
    explain_upscale(e, RS_UPSCALE_BEFORE, in);
    e->picture = rs_stages_init_size(e->spec, in);
    e->painted = latent ? out : e->picture;
    return RS_OK;
}

/* Runs of img2img for a picture, and their steps. */
static void explain_script(struct explain *e, int steps)
{
    const rs_loops *l = &e->spec->loops;
    const rs_sd_upscale *up = &e->spec->sd_upscale;
    rs_img2img_params p = e->spec->img2img;
    e->runs = 1;
    e->steps = steps;
    if (up->factor > 0) {
        const rs_size to = rs_sd_upscale_size(up, e->painted.width, e->painted.height);
        e->runs = rs_sd_upscale_tiles(up, e->painted.width, e->painted.height);
        e->painted = (rs_size){ up->tile < to.width ? up->tile : to.width,
                                up->tile < to.height ? up->tile : to.height };
        e->steps *= e->runs;
        line(e, "tiles");
        rs_strbuf_printf(&e->sb, "SD upscale to %dx%d: %d of %dx%d, overlapping by %d or more\n", to.width,
                         to.height, e->runs, e->painted.width, e->painted.height, up->overlap);
    } else if (l->count > 1) {
        e->runs = l->count;
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
    e->passes = twice ? 2 * e->steps - e->runs : e->steps;
    line(e, "guidance");
    rs_strbuf_printf(&e->sb, "cfg_scale %g: %s; %d pass%s a picture\n", (double)p->cfg_scale,
                     p->cfg_scale != 1.0f ? "each pass takes prompt and negative prompt in one batch"
                                          : "each pass takes the prompt only",
                     e->passes, e->passes == 1 ? "" : "es");
    return RS_OK;
}

struct weights {
    const rs_bundle *bundle;
    rs_part part;
    double bytes;
};

static void add_bytes(void *cookie, const char *name, int rank, const int64_t *shape)
{
    (void)rank;
    (void)shape;
    struct weights *w = cookie;
    const rs_wtensor *t = rs_bundle_find(w->bundle, w->part, name);
    w->bytes += t ? (double)t->bytes : 0;
}

/* The decoder at its widest: the two pictures that its last enlargement and the
 * layers around it go between (model/vae.c's flow). */
static double decoder_bytes(const rs_vae_config *cfg, rs_size size)
{
    const double pixels = (double)size.width * size.height * sizeof(float);
    const double wide = cfg->n_levels > 1 ? cfg->channels[1] : cfg->channels[0];
    return pixels * (wide + cfg->channels[0]);
}

static void explain_memory(struct explain *e)
{
    double weights = 0, largest = 0;
    for (rs_part part = 0; part < RS_PARTS; part++) {
        struct weights w = { e->bundle, part, 0 };
        rs_part_tensors(e->bundle, part, add_bytes, &w);
        weights += w.bytes;
        largest = w.bytes > largest ? w.bytes : largest;
    }
    const double decoder = decoder_bytes(rs_bundle_vae(e->bundle), e->painted);
    const bool low = e->spec->memory == RS_MEMORY_LOW;
    line(e, "memory");
    rs_strbuf_printf(&e->sb, "about %.3g MB: %.3g MB of weights%s, %.3g MB for the widest layer\n",
                     ((low ? largest : weights) + decoder) / 1e6, (low ? largest : weights) / 1e6,
                     low ? " at a time" : "", decoder / 1e6);
}

static rs_status measure(const struct explain *e, double *gflops, rs_err *err)
{
    rs_pool *pool = NULL;
    double own = 0, blas = 0;
    rs_gemm_init();
    RS_TRY(rs_pool_open(e->spec->threads, &pool, err));
    const rs_exec ex = { .pool = pool, .kern = rs_kern_active(), .scratch = e->arena };
    const rs_status s = rs_gemm_rates(&ex, &own, &blas, err);
    rs_pool_close(&pool);
    *gflops = own > blas ? own : blas;
    return s;
}

static void put_duration(rs_strbuf *sb, double seconds)
{
    const long t = (long)(seconds + 0.5);
    rs_strbuf_printf(sb, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
}

static rs_status explain_time(struct explain *e, rs_err *err)
{
    const int f = e->fit.multiple, h = e->painted.height / f, w = e->painted.width / f;
    const int64_t frames = rs_source_get_info(e->source)->n_frames * rs_batch_pictures(&e->spec->batch);
    const rs_vae_config *vae = rs_bundle_vae(e->bundle);
    double gflops;
    RS_TRY(measure(e, &gflops, err));
    const rs_cost step = rs_cost_step(rs_bundle_unet(e->bundle), e->spec->img2img.cfg_scale == 1 ? 1 : 2, h,
                                      w, rs_bundle_text(e->bundle)->max_tokens);
    const rs_cost in = rs_cost_encode(vae, h, w), out = rs_cost_decode(vae, h, w);
    const double seconds = e->passes * rs_cost_seconds(&step, gflops) +
                           e->runs * (rs_cost_seconds(&in, gflops) + rs_cost_seconds(&out, gflops));
    const double total = e->passes * step.gflop + e->runs * (in.gflop + out.gflop);
    line(e, "time");
    rs_strbuf_printf(&e->sb, "about %.3g s a picture: %.4g GFLOP at %.4g GFLOP/s", seconds, total, gflops);
    if (frames > 0) {
        rs_strbuf_puts(&e->sb, "; ");
        put_duration(&e->sb, seconds * (double)frames);
        rs_strbuf_printf(&e->sb, " for %lld", (long long)frames);
    }
    rs_strbuf_puts(&e->sb, e->spec->upscale.model ? ", and the upscaler's\n" : "\n");
    return RS_OK;
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
    explain_upscale(e, RS_UPSCALE_AFTER, before);
    line(e, "output");
    rs_strbuf_printf(&e->sb, "%dx%d%s%s\n", out.width, out.height, e->spec->output ? ": " : "",
                     e->spec->output ? rs_path_name(e->spec->output) : "");
}

static rs_status open_parts(struct explain *e, rs_job_part *part, rs_err *err)
{
    const rs_pipeline_spec *s = e->spec;
    if (!s->model || !s->input)
        return RS_FAIL(err, RS_E_INVALID, "the pipeline has no %s: name it in the file, or with --%s",
                       s->model ? "input" : "model", s->model ? "input" : "model");
    *part = RS_JOB_INPUT;
    RS_TRY(rs_source_open_with(s->input, &(rs_source_options){ .recursive = s->recursive }, &e->source,
                               err));
    *part = RS_JOB_MODEL;
    RS_TRY(rs_bundle_open(e->arena, s->model, s->tokenizer, &e->bundle, err));
    RS_TRY(rs_noise_levels_init(e->arena, rs_bundle_noise(e->bundle), &e->levels, err));
    e->fit = rs_fit_of(s, 1 << (rs_bundle_vae(e->bundle)->n_levels - 1));
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
    RS_TRY(explain_size(e, err));
    RS_TRY(explain_sampling(e, err));
    explain_batch(e);
    explain_output(e);
    if (e->steps == 0) {
        line(e, "time");
        rs_strbuf_puts(&e->sb, "no step is executed: pictures pass through\n");
        return RS_OK;
    }
    explain_memory(e);
    return explain_time(e, err);
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
    rs_bundle_close(&e.bundle);
    rs_arena_close(&e.arena);
    return s;
}
