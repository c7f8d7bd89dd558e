/* Whole sampler runs against k-diffusion and diffusers over a network of one
 * layer; the golden file is made by tools/reference/samplers.py, which says what
 * is in it. Also progress, cancelling, failing hooks and allocations. */
#include "base/mem.h"
#include "base/rng.h"
#include "sample/denoise.h"
#include "sample/plan.h"
#include "sample/sampler.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/samplers.safetensors"

enum { N = 48 };

/* The references run in float64, we in float32. One rounding is 6e-8; a run
 * makes some hundreds, and guidance multiplies them by its scale. Measured:
 * at most 6e-7 of the latent's largest value. */
static const double run_tolerance = 5e-6;

struct toy {
    const float *weight, *slope, *bias, *latent; /* [N, N], [N], [2, N], [N] */
    int batch_seen, n_calls, fail_at;            /* fail_at: the call that fails, or -1 */
    rs_rng rng;
};

static struct toy toy_read(const struct golden *g)
{
    size_t n;
    struct toy toy = { .fail_at = -1 };
    toy.weight = golden_f32(g, "toy.weight", &n);
    CHECK_INT(n, N * N);
    toy.slope = golden_f32(g, "toy.slope", &n);
    toy.bias = golden_f32(g, "toy.bias", &n);
    toy.latent = golden_f32(g, "toy.latent", &n);
    CHECK_INT(n, N);
    return toy;
}

static rs_status toy_predict(void *cookie, const float *in, int batch, float t, float *out, rs_err *err)
{
    struct toy *toy = cookie;
    toy->batch_seen = batch;
    if (toy->n_calls++ == toy->fail_at)
        return RS_FAIL(err, RS_E_NOMEM, "the toy broke");
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < N; i++) {
            float sum = t / 1000 * toy->slope[i] + toy->bias[b * N + i];
            for (int k = 0; k < N; k++)
                sum += toy->weight[i * N + k] * in[b * N + k];
            out[b * N + i] = tanhf(sum);
        }
    }
    return RS_OK;
}

static void toy_noise(void *cookie, float *dst)
{
    struct toy *toy = cookie;
    rs_rng_normal(&toy->rng, dst, N);
}

/* x: the start, latent + noise; then the result of the plan. */
static rs_status toy_run(struct toy *toy, rs_arena *arena, const rs_noise_levels *levels,
                         const rs_sample_plan *plan, float cfg, uint64_t seed,
                         const rs_progress *progress, float *x, rs_err *err)
{
    rs_denoiser denoiser;
    float noise[N];
    RS_TRY(rs_denoiser_init(arena, levels, cfg, N, toy_predict, toy, &denoiser, err));
    const rs_sample_hooks hooks = { rs_denoiser_run, &denoiser, toy_noise, toy, progress };
    rs_rng_seed(&toy->rng, RS_RNG_CPU, seed);
    rs_rng_normal(&toy->rng, noise, N);
    for (int i = 0; i < N; i++)
        x[i] = toy->latent[i] + (float)plan->sigmas[0] * noise[i];
    return rs_sample_run(plan, &hooks, x, N, arena, err);
}

static double check_close(const char *name, const float *got, const float *want)
{
    double worst = 0, largest = 0;
    for (int i = 0; i < N; i++) {
        CHECK(isfinite(got[i]));
        worst = fmax(worst, fabs((double)got[i] - (double)want[i]));
        largest = fmax(largest, fabs((double)want[i]));
    }
    if (!(worst <= run_tolerance * largest))
        TEST_FAIL("%s: off by %g of its largest value", name, worst / largest);
    return worst / largest;
}

static rs_noise_levels levels_for(rs_arena *arena, rs_prediction prediction)
{
    rs_err err = { 0 };
    rs_noise_levels levels;
    const rs_noise_config config = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, prediction };
    CHECK_OK(rs_noise_levels_init(arena, &config, &levels, &err));
    return levels;
}

/* "sampler scheduler mode strength steps cfg eta prediction seed" */
struct run_case {
    char sampler[16], scheduler[16], mode[16], prediction[16];
    unsigned seed;
    rs_img2img_params params;
};

static void run_parse(const char *text, struct run_case *c)
{
    rs_img2img_params *p = &c->params;
    memset(c, 0, sizeof(*c));
    if (!text || sscanf(text, "%15s %15s %15s %f %d %f %f %15s %u", c->sampler, c->scheduler, c->mode,
                        &p->strength, &p->steps, &p->cfg_scale, &p->eta, c->prediction, &c->seed) != 9)
        TEST_FAIL("bad run '%s'", text ? text : "(null)");
    p->sampler = c->sampler;
    p->scheduler = c->scheduler;
    p->steps_mode = strcmp(c->mode, "a1111") == 0   ? RS_STEPS_A1111
                    : strcmp(c->mode, "exact") == 0 ? RS_STEPS_EXACT
                                                    : RS_STEPS_DIFFUSERS;
}

static void runs_are_k_diffusion(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    int n_runs = 0;
    double worst = 0;
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        const char *name = rs_weights_at(g.file, i)->name;
        if (strncmp(name, "run.", 4) != 0)
            continue;
        rs_err err = { 0 };
        struct run_case c;
        rs_sample_plan plan;
        float x[N];
        size_t n;
        run_parse(rs_weights_metadata(g.file, name), &c);
        const bool v = strcmp(c.prediction, "v") == 0;
        const rs_noise_levels levels = levels_for(g.arena, v ? RS_PREDICT_V : RS_PREDICT_EPSILON);
        toy.n_calls = 0;
        CHECK_OK(rs_sample_plan_init(g.arena, &levels, &c.params, &plan, &err));
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, c.params.cfg_scale, c.seed, NULL, x, &err));
        worst = fmax(worst, check_close(name, x, golden_f32(&g, name, &n)));
        CHECK_INT(n, N);
        CHECK_INT(toy.n_calls, plan.n_steps);
        CHECK_INT(toy.batch_seen, c.params.cfg_scale == 1.0f ? 1 : 2);
        n_runs++;
    }
    CHECK(n_runs >= 20);
    printf("%d runs, off by at most %.1e of the largest value\n", n_runs, worst);
    golden_close(&g);
}

/* Over the sigmas of a peer's own timesteps. */
static void runs_are_diffusers(void)
{
    static const char *const names[] = { "peer.ddim", "peer.ddim_eta", "peer.euler" };
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    for (size_t i = 0; i < 3; i++) {
        rs_err err = { 0 };
        rs_sample_plan plan = { 0 };
        char tensor[64], sampler[16];
        float x[N];
        size_t n;
        const char *const note = rs_weights_metadata(g.file, names[i]);
        CHECK(note && sscanf(note, "%15s %lf", sampler, &plan.eta) == 2);
        CHECK_OK(rs_sampler_find(sampler, &plan.sampler, &err));
        snprintf(tensor, sizeof(tensor), "%s.sigmas", names[i]);
        plan.sigmas = golden_f64(&g, tensor, &n);
        plan.n_steps = (int)n - 1;
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 3, NULL, x, &err));
        snprintf(tensor, sizeof(tensor), "%s.latent", names[i]);
        check_close(tensor, x, golden_f32(&g, tensor, &n));
    }
    golden_close(&g);
}

/* DDIM and Euler are one method over sigmas; see euler.c. */
static void ddim_is_euler(void)
{
    static const struct {
        const char *a, *b;
        float eta;
    } pairs[] = { { "ddim", "euler", 0 }, { "ddim", "euler_a", 0.8f } };
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_V);
    for (size_t i = 0; i < 2; i++) {
        float x[2][N];
        for (int k = 0; k < 2; k++) {
            rs_err err = { 0 };
            rs_sample_plan plan;
            const rs_img2img_params p = { .strength = 0.7f, .steps = 9, .eta = pairs[i].eta,
                                          .sampler = k ? pairs[i].b : pairs[i].a,
                                          .scheduler = "uniform" };
            CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));
            CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x[k], &err));
        }
        CHECK(memcmp(x[0], x[1], sizeof(x[0])) == 0);
    }
    golden_close(&g);
}

struct watch {
    int calls, stop_before;
    size_t allocs_after_first; /* allocations when step 1 begins, and since */
    size_t allocs_last;
};

static bool watch_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    CHECK_INT(step, w->calls);
    CHECK(step < n_steps);
    w->calls++;
    if (step == 1)
        w->allocs_after_first = rs_alloc_count();
    w->allocs_last = rs_alloc_count();
    return step != w->stop_before;
}

/* Every sampler: progress per step, cancel, a failing network, and no memory
 * taken after the first step. */
static void hooks(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    for (size_t s = 0; rs_sampler_name(s); s++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        float x[N];
        const rs_img2img_params p = { .strength = 0.6f, .steps = 10, .eta = -1,
                                      .sampler = rs_sampler_name(s), .scheduler = "karras" };
        CHECK(strlen(rs_sampler_help(s)) > 10);
        CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));

        struct watch w = { .stop_before = -1 };
        const rs_progress progress = { watch_step, &w };
        const size_t used = rs_arena_used(g.arena);
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, &progress, x, &err));
        CHECK_INT(w.calls, 7);
        CHECK_INT(w.allocs_last, w.allocs_after_first);
        /* the denoiser's four latents stay, the sampler's are given back */
        CHECK(rs_arena_used(g.arena) - used <= 2 * (2 * N * sizeof(float) + 256));

        w = (struct watch){ .stop_before = 3 };
        CHECK_INT(toy_run(&toy, g.arena, &levels, &plan, 3, 1, &progress, x, &err), RS_E_CANCELLED);
        CHECK_STR(err.msg, "stopped before step 4 of 7");
        CHECK_INT(w.calls, 4);

        toy.n_calls = 0;
        toy.fail_at = 2;
        CHECK_INT(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x, &err), RS_E_NOMEM);
        CHECK_STR(err.msg, "the toy broke");
        CHECK_INT(toy.n_calls, 3);
        toy.fail_at = -1;
    }
    CHECK(!rs_sampler_name(4) && !rs_sampler_help(4));
    golden_close(&g);
}

static void nothing_to_do(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    rs_err err = { 0 };
    rs_sample_plan plan;
    float x[N];
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    const rs_img2img_params p = { .strength = 0, .steps = 10, .eta = -1, .sampler = "euler_a",
                                  .scheduler = "karras" };
    CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));
    CHECK_INT(plan.n_steps, 0);
    CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x, &err));
    CHECK(toy.n_calls == 0 && memcmp(x, toy.latent, sizeof(x)) == 0);
    golden_close(&g);
}

static void out_of_memory(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    const rs_img2img_params p = { .strength = 0.6f, .steps = 10, .eta = -1, .sampler = "euler_a",
                                  .scheduler = "karras" };
    const rs_noise_config config = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON };
    int failures = 0;
    for (long after = 0;; after++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        float x[N];
        rs_noise_levels own;
        rs_arena *small = rs_arena_open(0); /* a new block for nearly every request */
        CHECK(small);
        rs_alloc_fail_after(after);
        rs_status status = rs_noise_levels_init(small, &config, &own, &err);
        if (status == RS_OK)
            status = rs_sample_plan_init(small, &own, &p, &plan, &err);
        if (status == RS_OK)
            status = toy_run(&toy, small, &own, &plan, 3, 1, NULL, x, &err);
        rs_alloc_fail_after(-1);
        rs_arena_close(&small);
        if (status == RS_OK)
            break;
        CHECK_INT(status, RS_E_NOMEM);
        CHECK(strstr(err.msg, "out of memory"));
        failures++;
    }
    CHECK(failures >= 5);
    rs_err err = { 0 };
    rs_denoiser d;
    CHECK_INT(rs_denoiser_init(g.arena, &levels, 5, SIZE_MAX / 4, toy_predict, &toy, &d, &err), RS_E_NOMEM);
    CHECK_INT(rs_denoiser_init(g.arena, &levels, NAN, N, toy_predict, &toy, &d, &err), RS_E_RANGE);
    golden_close(&g);
}

int main(void)
{
    TEST_RUN(runs_are_k_diffusion);
    TEST_RUN(runs_are_diffusers);
    TEST_RUN(ddim_is_euler);
    TEST_RUN(hooks);
    TEST_RUN(nothing_to_do);
    TEST_RUN(out_of_memory);
    return 0;
}
