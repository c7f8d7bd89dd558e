/* The arithmetic that a model's sizes foretell is what its profile counts when it runs. */
#include "bench/cost.h"
#include "restyle/bench.h"
#include "tests/lib/test.h"
#include "weights/archs.h"

static rs_err err;

/* Of a part's run, without its own part row. */
static const rs_bench_part *part_of(const rs_bench *b, const char *name)
{
    for (int i = 0; i < RS_BENCH_PARTS; i++)
        if (strcmp(b->parts[i].name, name) == 0)
            return &b->parts[i];
    TEST_FAIL("no part '%s'", name);
}

/* rs_cost has the same sum; floor_seconds tells how much of it Winograd takes. */
static void agrees(const rs_bench *b, const char *name, rs_cost c)
{
    const rs_bench_part *p = part_of(b, name);
    CHECK(p->runs > 0 && p->gflop > 0);
    printf("%s: %.9g GFLOP, counted %.9g\n", name, c.gflop, p->gflop);
    CHECK_NEAR(c.gflop, p->gflop, 1e-9 * p->gflop);
    const double needed = p->floor_seconds * b->gemm_gflops;
    CHECK_NEAR(c.gflop - 0.75 * c.winograd_gflop, needed, 1e-6 * needed);
}

static void counts(const char *model, const char *arch_name, int batch, rs_size size)
{
    rs_bench_options o;
    rs_bench *b = NULL;
    rs_bundle *bundle = NULL;
    rs_arena *arena = rs_arena_open(1 << 20);
    rs_bench_defaults(&o);
    o.model = model;
    o.arch = arch_name;
    o.size = size;
    o.batch = batch;
    o.repeat = 1;
    CHECK(arena);
    CHECK_OK(rs_bench_run(&o, &b, &err));
    if (model)
        CHECK_OK(rs_bundle_open(arena, model, NULL, &bundle, &err));
    else
        CHECK_OK(rs_bundle_random(arena, rs_arch_find(arch_name), &bundle, &err));
    const rs_vae_config *vae = rs_bundle_vae(bundle);
    const int f = 1 << (vae->n_levels - 1), h = size.height / f, w = size.width / f;
    agrees(b, "unet_step", rs_cost_step(rs_bundle_unet(bundle), batch, h, w,
                                        rs_bundle_text(bundle)->max_tokens));
    agrees(b, "vae_encode", rs_cost_encode(vae, h, w));
    agrees(b, "vae_decode", rs_cost_decode(vae, h, w));
    rs_bundle_close(&bundle);
    rs_bench_close(&b);
    rs_arena_close(&arena);
}

int main(void)
{
    counts(RS_SOURCE_DIR "/tests/golden/tiny", NULL, 2, (rs_size){ 64, 32 });
    counts(RS_SOURCE_DIR "/tests/golden/tiny2", NULL, 1, (rs_size){ 52, 36 });
    counts(NULL, "tiny", 2, (rs_size){ 32, 32 });
    return 0;
}
