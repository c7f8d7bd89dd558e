#include "job/explain_cost.h"

#include "base/err.h"
#include "bench/cost.h"
#include "bench/gemm_rate.h"
#include "kernel/kern.h"
#include "tensor/gemm.h"
#include "weights/part_tensors.h"

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

static double weight_bytes(const rs_picture_work *work)
{
    double all = 0, largest = 0;
    for (rs_part part = 0; part < RS_PARTS; part++) {
        struct weights w = { work->bundle, part, 0 };
        rs_part_tensors(work->bundle, part, add_bytes, &w);
        all += w.bytes;
        largest = w.bytes > largest ? w.bytes : largest;
    }
    return work->spec->memory == RS_MEMORY_LOW ? largest : all;
}

/* The decoder at its widest: the two pictures that its last enlargement and the
 * layers around it go between (model/vae.c's flow). */
static double decoder_bytes(const rs_vae_config *cfg, rs_size size)
{
    const double pixels = (double)size.width * size.height * sizeof(float);
    const double wide = cfg->n_levels > 1 ? cfg->channels[1] : cfg->channels[0];
    return pixels * (wide + cfg->channels[0]);
}

static rs_status measure(const rs_pipeline_spec *spec, rs_arena *arena, double *gflops, rs_err *err)
{
    rs_pool *pool = NULL;
    double own = 0, blas = 0;
    rs_gemm_init();
    RS_TRY(rs_pool_open(spec->threads, &pool, err));
    const rs_exec ex = { .pool = pool, .kern = rs_kern_active(), .scratch = arena };
    const rs_status s = rs_gemm_rates(&ex, &own, &blas, err);
    rs_pool_close(&pool);
    *gflops = own > blas ? own : blas;
    return s;
}

static void add(rs_picture_cost *c, const rs_cost *part, double times)
{
    c->gflop += times * part->gflop;
    c->seconds += times * rs_cost_seconds(part, c->gflops);
}

/* Runs share the passes, whatever their size: only those of loops have unequal shares. */
static void add_runs(const rs_picture_work *work, rs_picture_cost *c)
{
    const rs_unet_config *unet = rs_bundle_unet(work->bundle);
    const rs_vae_config *vae = rs_bundle_vae(work->bundle);
    const int f = 1 << (vae->n_levels - 1), tokens = rs_bundle_text(work->bundle)->max_tokens;
    const int encodes = unet->in_channels > vae->latent_channels ? 2 : 1; /* what a mask leaves visible */
    int all = 0;
    for (int i = 0; i < work->n_sizes; i++)
        all += work->runs[i].n;
    for (int i = 0; i < work->n_sizes; i++) {
        const rs_runs *r = &work->runs[i];
        const int h = r->size.height / f, w = r->size.width / f;
        const rs_cost step = rs_cost_step(unet, work->items, h, w, tokens);
        const rs_cost in = rs_cost_encode(vae, h, w), out = rs_cost_decode(vae, h, w);
        add(c, &step, (double)work->passes * r->n / all);
        add(c, &in, (double)encodes * r->n);
        add(c, &out, r->n);
        const double widest = decoder_bytes(vae, r->size);
        c->widest = widest > c->widest ? widest : c->widest;
    }
}

rs_status rs_picture_cost_of(const rs_picture_work *work, rs_arena *arena, rs_picture_cost *cost,
                             rs_err *err)
{
    *cost = (rs_picture_cost){ .weights = weight_bytes(work) };
    RS_TRY(measure(work->spec, arena, &cost->gflops, err));
    add_runs(work, cost);
    if (!work->upscaler)
        return RS_OK;
    rs_cost all;
    rs_upscale_cost(work->upscaler, &work->spec->upscale, work->upscaled, &all.gflop, &cost->upscaler);
    all.winograd_gflop = all.gflop; /* 3x3 convolutions of stride 1 */
    add(cost, &all, 1);
    return RS_OK;
}
