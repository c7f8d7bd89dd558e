/* The upscalers' networks against the published architectures in torch, in float64
 * (tools/reference/esrgan.py), under the tensor names of each repository. */
#include "model/esrgan.h"
#include "tensor/op_pixels.h"
#include "tensor/prof.h"
#include "tests/lib/golden.h"
#include "tests/lib/golden_model.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/tmpdir.h"

static rs_err err;

struct engine {
    rs_exec ex;
    rs_arena *arena;
};

static void engine_open(struct engine *e, rs_cpu_tier tier, int threads)
{
    *e = (struct engine){ .arena = rs_arena_open(1 << 20) };
    e->ex.scratch = rs_arena_open(1 << 20);
    CHECK(e->arena && e->ex.scratch);
    CHECK_OK(rs_pool_open(threads, &e->ex.pool, &err));
    e->ex.kern = rs_kern_get(tier);
}

static void engine_close(struct engine *e)
{
    rs_pool_close(&e->ex.pool);
    rs_arena_close(&e->ex.scratch);
    rs_arena_close(&e->arena);
}

static rs_tensor read_tensor(struct engine *e, const struct golden *g, const char *name, const char *what)
{
    char full[96];
    size_t count;
    rs_tensor t;
    snprintf(full, sizeof full, "%s/%s", name, what);
    const rs_wtensor *w = golden_find(g, full);
    const float *values = golden_f32(g, full, &count);
    CHECK_OK(rs_tensor_alloc(e->arena, 1, (int)w->shape[2], (int)w->shape[3], (int)w->shape[1], &t, &err));
    rs_tensor_from_planar(&t, values);
    return t;
}

static rs_weights *open_net(struct engine *e, const char *name, rs_esrgan **net)
{
    char path[512];
    rs_weights *w = NULL;
    snprintf(path, sizeof path, RS_SOURCE_DIR "/tests/golden/esrgan/%s.%s", name,
             strcmp(name, "rrdb_x2") == 0 ? "pth" : "safetensors");
    CHECK_OK(rs_weights_open(e->arena, path, &w, &err));
    CHECK_OK(rs_esrgan_load(&e->ex, e->arena, w, net, &err));
    return w;
}

static const struct {
    const char *name;
    int scale, multiple;
} cases[] = {
    { "rrdb_x4", 4, 1 }, { "rrdb_x2", 2, 2 }, { "rrdb_x1", 1, 4 }, { "rrdb_trunk", 4, 1 },
    { "rrdb_trunk_x2", 2, 1 }, { "rrdb_old", 4, 1 }, { "rrdb_old_x8", 8, 1 }, { "rrdb_old_x1", 1, 1 },
    { "compact_x4", 4, 1 }, { "compact_x2", 2, 1 },
};

static void networks(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/esrgan.safetensors");
    for (rs_cpu_tier tier = RS_CPU_SCALAR; tier <= rs_cpu_active(); tier++) {
        if (!rs_cpu_has(tier))
            continue;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct engine e;
            rs_esrgan *net = NULL;
            engine_open(&e, tier, 2);
            rs_weights *w = open_net(&e, cases[i].name, &net);
            CHECK_INT(net->scale, cases[i].scale);
            CHECK_INT(net->multiple, cases[i].multiple);
            for (int k = 0; k < 2; k++) {
                const rs_tensor x = read_tensor(&e, &g, cases[i].name, k ? "b/in" : "a/in");
                const rs_tensor want = read_tensor(&e, &g, cases[i].name, k ? "b/out" : "a/out");
                rs_tensor y;
                CHECK_OK(rs_tensor_alloc(e.arena, 1, want.h, want.w, 3, &y, &err));
                CHECK_OK(rs_esrgan_forward(&e.ex, net, &y, &x, &err));
                const double error = golden_error(y.data, want.data, rs_tensor_count(&y));
                printf("%s, %s, %c: relative error %.2g\n", rs_cpu_tier_name(tier), cases[i].name, 'a' + k,
                       error);
                CHECK(error < WHOLE_TOL);
                CHECK_INT(rs_arena_used(e.ex.scratch), 0);
            }
            rs_weights_close(&w);
            engine_close(&e);
        }
    }
    golden_close(&g);
}

static void add_flops(void *cookie, const rs_prof_event *event)
{
    *(double *)cookie += event->flops;
}

/* What a network's sizes foretell is what its layers count, and no more memory than they take. */
static void costs(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine e;
        rs_esrgan *net = NULL;
        rs_prof *prof = NULL;
        rs_tensor x, y;
        double counted = 0;
        engine_open(&e, rs_cpu_active(), 1);
        rs_weights *w = open_net(&e, cases[i].name, &net);
        CHECK_OK(rs_prof_open(&prof, &err));
        CHECK_OK(rs_tensor_alloc(e.arena, 1, 64, 40, 3, &x, &err));
        CHECK_OK(rs_tensor_alloc(e.arena, 1, 64 * net->scale, 40 * net->scale, 3, &y, &err));
        memset(x.data, 0, rs_tensor_count(&x) * sizeof(float));
        e.ex.prof = prof;
        CHECK_OK(rs_esrgan_forward(&e.ex, net, &y, &x, &err));
        rs_prof_each(prof, add_flops, &counted);
        const rs_esrgan_cost c = rs_esrgan_cost_of(net, x.h, x.w);
        const double peak = (double)rs_arena_peak(e.ex.scratch);
        printf("%s: %.0f operations, %.0f of %.0f bytes\n", cases[i].name, c.flop, c.bytes, peak);
        CHECK_NEAR(c.flop, counted, 1e-9 * counted);
        CHECK(c.bytes <= peak);
        rs_prof_close(&prof);
        rs_weights_close(&w);
        engine_close(&e);
    }
}

static void any_number_of_threads(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/esrgan.safetensors");
    float *first = NULL;
    size_t n = 0;
    for (int threads = 1; threads <= 3; threads++) {
        struct engine e;
        rs_esrgan *net = NULL;
        engine_open(&e, rs_cpu_active(), threads);
        rs_weights *w = open_net(&e, "rrdb_x4", &net);
        const rs_tensor x = read_tensor(&e, &g, "rrdb_x4", "a/in");
        rs_tensor y;
        CHECK_OK(rs_tensor_alloc(e.arena, 1, 4 * x.h, 4 * x.w, 3, &y, &err));
        CHECK_OK(rs_esrgan_forward(&e.ex, net, &y, &x, &err));
        if (!first) {
            n = rs_tensor_count(&y) * sizeof(float);
            CHECK(first = malloc(n));
            memcpy(first, y.data, n);
        }
        CHECK(memcmp(first, y.data, n) == 0);
        rs_weights_close(&w);
        engine_close(&e);
    }
    free(first);
    golden_close(&g);
}

/* A file with one tensor missing or of another shape, and one that is no upscaler. */
static void refusals(void)
{
    static const struct {
        const char *name;
        int64_t shape[4];
        int rank;
        const char *says;
    } bad[] = {
        { "conv_in.weight", { 4, 3, 3, 3 }, 4, "is no upscaler known here" },
        { "body.0.rdb1.conv1.weight", { 4, 8, 3, 3 }, 4, "is an RRDBNet of 0 input channels" },
        { "model.1.sub.0.RDB1.conv1.0.weight", { 4, 8, 3, 3 }, 4, "is an RRDBNet of 0 input channels" },
        { "body.1.weight", { 8 }, 1, "has no tensor 'body.0.weight'" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct engine e;
        rs_esrgan *net = NULL;
        rs_weights *w = NULL;
        st_writer *out = st_open();
        engine_open(&e, rs_cpu_active(), 1);
        st_add_ramp(out, bad[i].name, bad[i].rank, bad[i].shape);
        st_close(out, tmpdir_at("bad.safetensors"));
        CHECK_OK(rs_weights_open(e.arena, tmpdir_at("bad.safetensors"), &w, &err));
        CHECK(rs_esrgan_load(&e.ex, e.arena, w, &net, &err) != RS_OK);
        if (!strstr(err.msg, bad[i].says))
            TEST_FAIL("got '%s', expected '%s'", err.msg, bad[i].says);
        rs_weights_close(&w);
        engine_close(&e);
    }
}

/* pixel_shuffle's order, and its inverse. */
static void shuffling(void)
{
    struct engine e;
    rs_tensor small, large, back;
    engine_open(&e, rs_cpu_active(), 2);
    CHECK_OK(rs_tensor_alloc(e.arena, 2, 3, 2, 12, &small, &err));
    CHECK_OK(rs_tensor_alloc(e.arena, 2, 6, 4, 3, &large, &err));
    CHECK_OK(rs_tensor_alloc(e.arena, 2, 3, 2, 12, &back, &err));
    for (size_t i = 0; i < rs_tensor_count(&small); i++)
        small.data[i] = (float)i;
    rs_op_pixel_shuffle(&e.ex, &large, &small);
    /* picture 1, pixel (3, 2), channel 2: block (1, 1), channel 2 * 4 + 1 * 2 + 0 */
    CHECK_NEAR(large.data[((6 + 3) * 4 + 2) * 3 + 2], ((3 + 1) * 2 + 1) * 12 + 10, 0);
    rs_op_pixel_unshuffle(&e.ex, &back, &large);
    CHECK(memcmp(back.data, small.data, rs_tensor_count(&small) * sizeof(float)) == 0);
    engine_close(&e);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(shuffling);
    TEST_RUN(networks);
    TEST_RUN(costs);
    TEST_RUN(any_number_of_threads);
    TEST_RUN(refusals);
    tmpdir_close();
    return 0;
}
