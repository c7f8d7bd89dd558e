#define _DEFAULT_SOURCE /* getrusage */
/* Runs each part of a model on noise: once to warm up, then `repeat` times. */
#include "restyle/bench.h"

#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/gemm_rate.h"
#include "bench/split.h"
#include "bench/tally.h"
#include "stage/engine.h"

#define ARENA_BLOCK ((size_t)1 << 20)

struct result {
    rs_bench pub; /* first: what the caller holds */
    rs_arena *arena;
};

struct bench {
    const rs_bench_options *o;
    rs_bench *out;
    rs_arena *arena; /* of the result */
    rs_model *m;
    rs_prof *prof;
    int *ids;
    rs_unet_context context;
    rs_tensor text;              /* [batch, 1, tokens, width] */
    rs_tensor noise, prediction; /* [batch, h, w, latent channels] */
    rs_tensor picture;           /* [1, H, W, 3] */
    rs_tensor latent;            /* [1, h, w, latent channels] */
};

typedef rs_status part_fn(struct bench *b, rs_err *err);

static rs_status run_text(struct bench *b, rs_err *err)
{
    return rs_clip_text_forward(&b->m->ex, b->m->text, b->ids, &b->text, err);
}

static rs_status run_step(struct bench *b, rs_err *err)
{
    return rs_unet_forward(&b->m->ex, b->m->unet, &b->prediction, &b->noise, 500.0f, &b->context, err);
}

static rs_status run_encode(struct bench *b, rs_err *err)
{
    return rs_vae_encode(&b->m->ex, b->m->vae, &b->picture, &b->latent, NULL, err);
}

static rs_status run_decode(struct bench *b, rs_err *err)
{
    return rs_vae_decode(&b->m->ex, b->m->vae, &b->latent, &b->picture, err);
}

static const struct part {
    const char *name;
    rs_part needs;
    part_fn *run;
} parts[RS_BENCH_PARTS] = {
    { "text_encoder", RS_PART_TEXT, run_text },
    { "unet_step", RS_PART_UNET, run_step },
    { "vae_encode", RS_PART_VAE, run_encode },
    { "vae_decode", RS_PART_VAE, run_decode },
};

void rs_bench_defaults(rs_bench_options *options)
{
    *options = (rs_bench_options){ .arch = rs_arch_at(0)->name, .size = { 512, 512 }, .batch = 2,
                                   .repeat = 3 };
}

const char *rs_bench_arch(size_t i)
{
    return rs_arch_at(i) ? rs_arch_at(i)->name : NULL;
}

const char *rs_bench_part_name(size_t i)
{
    return i < RS_BENCH_PARTS ? parts[i].name : NULL;
}

static rs_status check(const rs_bench_options *o, const rs_arch **arch, rs_err *err)
{
    if (o->batch < 1 || o->batch > 64 || o->repeat < 1 || o->repeat > 1000)
        return RS_FAIL(err, RS_E_INVALID, "batch %d and repeat %d: expected 1 to 64 and 1 to 1000",
                       o->batch, o->repeat);
    *arch = o->model ? NULL : rs_arch_find(o->arch);
    if (!o->model && !*arch)
        return RS_FAIL(err, RS_E_INVALID, "there is no arch '%s'", o->arch);
    for (size_t i = 0; o->part; i++) {
        if (!rs_bench_part_name(i))
            return RS_FAIL(err, RS_E_INVALID, "there is no part '%s'", o->part);
        if (strcmp(rs_bench_part_name(i), o->part) == 0)
            break;
    }
    return RS_OK;
}

static rs_status open_model(struct bench *b, rs_err *err)
{
    const rs_arch *arch = NULL;
    RS_TRY(check(b->o, &arch, err));
    const double t0 = rs_clock_now();
    if (arch)
        RS_TRY(rs_model_open_random(arch, &b->o->engine, &b->m, err));
    else
        RS_TRY(rs_model_open(b->o->model, &b->o->engine, &b->m, err));
    b->out->load_seconds = rs_clock_now() - t0;
    b->out->model = rs_arena_strdup(b->arena, arch ? arch->name : b->o->model);
    if (!b->out->model)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a name");
    b->out->cpu = rs_cpu_tier_name(rs_cpu_active());
    b->out->size = b->o->size;
    b->out->batch = b->o->batch;
    b->out->threads = rs_pool_threads(b->m->pool);
    const int f = rs_model_multiple(b->m);
    if (b->o->size.width < f || b->o->size.height < f || b->o->size.width % f || b->o->size.height % f)
        return RS_FAIL(err, RS_E_INVALID, "size %dx%d: this model needs multiples of %d",
                       b->o->size.width, b->o->size.height, f);
    return RS_OK;
}

static rs_status noise(struct bench *b, int n, int h, int w, int c, rs_tensor *t, rs_err *err)
{
    rs_rng rng;
    RS_TRY(rs_tensor_alloc(b->m->run_arena, n, h, w, c, t, err));
    rs_rng_seed(&rng, RS_RNG_NV, 1);
    rs_rng_normal(&rng, t->data, rs_tensor_count(t));
    return RS_OK;
}

/* Values matter little: they must not be denormal, infinite or all alike. */
static rs_status make_inputs(struct bench *b, rs_err *err)
{
    const rs_text_config *text = rs_bundle_text(b->m->bundle);
    const int f = rs_model_multiple(b->m), c = rs_bundle_vae(b->m->bundle)->latent_channels;
    const int n = b->o->batch, h = b->o->size.height, w = b->o->size.width;
    const size_t ids = (size_t)n * (size_t)text->max_tokens;
    b->ids = RS_NEW_N(b->m->run_arena, int, ids);
    if (!b->ids)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu tokens", ids);
    for (size_t i = 0; i < ids; i++)
        b->ids[i] = (int)(i * 7919 % (size_t)text->vocab_size);
    RS_TRY(rs_tensor_alloc(b->m->run_arena, n, 1, text->max_tokens, text->width, &b->text, err));
    RS_TRY(noise(b, n, h / f, w / f, c, &b->noise, err));
    RS_TRY(noise(b, n, h / f, w / f, c, &b->prediction, err));
    RS_TRY(noise(b, 1, h, w, 3, &b->picture, err));
    RS_TRY(noise(b, 1, h / f, w / f, c, &b->latent, err));
    RS_TRY(rs_model_need(b->m, RS_PART_TEXT, err));
    RS_TRY(run_text(b, err));
    RS_TRY(rs_model_need(b->m, RS_PART_UNET, err));
    return rs_unet_context_make(&b->m->ex, b->m->unet, b->m->run_arena, &b->text, &b->context, err);
}

static rs_status time_part(struct bench *b, size_t i, rs_err *err)
{
    rs_bench_part *p = &b->out->parts[i];
    const size_t n = (size_t)b->o->repeat;
    rs_bench_run_record *runs = RS_NEW_N(b->arena, rs_bench_run_record, n);
    if (!runs)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu runs", n);
    RS_TRY(rs_model_need(b->m, parts[i].needs, err));
    RS_TRY(parts[i].run(b, err));
    for (size_t k = 0; k < n; k++) {
        rs_prof_clear(b->prof);
        const double t0 = rs_clock_now();
        RS_TRY(parts[i].run(b, err));
        runs[k].seconds = rs_clock_now() - t0;
        RS_TRY(rs_bench_keep(b->arena, b->prof, &runs[k], err));
    }
    return rs_bench_tally(b->arena, runs, n, p, err);
}

static rs_status watch(struct bench *b, size_t i, rs_split *split, rs_err *err)
{
    rs_bench_run_record record;
    rs_pool_watch(b->m->pool, rs_split_piece, split);
    const double t0 = rs_clock_cpu();
    const rs_status s = parts[i].run(b, err);
    const double t1 = rs_clock_cpu();
    rs_pool_watch(b->m->pool, NULL, NULL);
    if (s != RS_OK)
        return s;
    RS_TRY(rs_bench_keep(b->arena, b->prof, &record, err));
    return rs_split_tally(split, t1 - t0, record.events, record.n, b->arena, &b->out->parts[i].split, err);
}

/* One more run of a part, piece by piece. */
static rs_status split_part(struct bench *b, size_t i, rs_err *err)
{
    rs_split *split = NULL;
    RS_TRY(rs_split_open(&split, err));
    rs_prof_clear(b->prof);
    const rs_status s = watch(b, i, split, err);
    rs_split_close(&split);
    return s;
}

static uint64_t peak_rss(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)u.ru_maxrss * 1024;
}

static rs_status run(struct bench *b, rs_err *err)
{
    rs_bench *out = b->out;
    for (size_t i = 0; i < RS_BENCH_PARTS; i++)
        out->parts[i].name = parts[i].name;
    RS_TRY(open_model(b, err));
    RS_TRY(rs_prof_open(&b->prof, err));
    RS_TRY(make_inputs(b, err));
    RS_TRY(rs_gemm_rates(&b->m->ex, &out->gemm_own_gflops, &out->gemm_blas_gflops, err));
    b->m->ex.prof = b->prof;
    for (size_t i = 0; i < RS_BENCH_PARTS; i++)
        if (!b->o->part || strcmp(b->o->part, parts[i].name) == 0) {
            RS_TRY(time_part(b, i, err));
            if (b->o->split)
                RS_TRY(split_part(b, i, err));
        }
    out->peak_rss_bytes = peak_rss();
    RS_TRY(rs_gemm_rates(&b->m->ex, &out->gemm_own_gflops, &out->gemm_blas_gflops, err));
    out->gemm_gflops = out->gemm_own_gflops > out->gemm_blas_gflops ? out->gemm_own_gflops
                                                                     : out->gemm_blas_gflops;
    for (size_t i = 0; i < RS_BENCH_PARTS; i++)
        out->parts[i].floor_seconds = rs_bench_needed(&out->parts[i]) / out->gemm_gflops;
    return RS_OK;
}

rs_status rs_bench_run(const rs_bench_options *options, rs_bench **bench, rs_err *err)
{
    struct result *r = rs_calloc(sizeof(*r));
    if (!r || !(r->arena = rs_arena_open(ARENA_BLOCK))) {
        rs_free(r);
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a benchmark");
    }
    struct bench b = { .o = options, .out = &r->pub, .arena = r->arena };
    rs_bench *out = &r->pub;
    const rs_status s = run(&b, err);
    rs_model_close(&b.m);
    rs_prof_close(&b.prof);
    if (s != RS_OK)
        rs_bench_close(&out);
    else
        *bench = out;
    return s;
}

void rs_bench_close(rs_bench **bench)
{
    if (!bench || !*bench)
        return;
    struct result *r = (struct result *)*bench;
    rs_arena_close(&r->arena);
    rs_free(r);
    *bench = NULL;
}
