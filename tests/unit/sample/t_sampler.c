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
 * at most 7e-7 of the latent's largest value, and 3e-6 with DPM-Solver's few long
 * steps, whose differences are large. */
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

static void toy_seeded_noise(void *cookie, uint64_t seed, float *dst)
{
    (void)cookie;
    rs_rng rng;
    rs_rng_seed(&rng, RS_RNG_CPU, seed);
    rs_rng_normal(&rng, dst, N);
}

/* The weight of the only prompt. */
static const float one = 1;

/* x: the start, latent + noise; then the result of the plan. */
static rs_status toy_run(struct toy *toy, rs_arena *arena, const rs_noise_levels *levels,
                         const rs_sample_plan *plan, float cfg, uint64_t seed,
                         const rs_progress *progress, float *x, rs_err *err)
{
    rs_denoiser denoiser;
    float noise[N];
    RS_TRY(rs_denoiser_init(arena, plan->levels ? plan->levels : levels, cfg, &one, 1, N, toy_predict, toy,
                            &denoiser, err));
    const rs_sample_hooks hooks = { .denoise = rs_denoiser_run, .denoise_cookie = &denoiser,
                                    .noise = toy_noise, .seeded_noise = toy_seeded_noise,
                                    .noise_cookie = toy, .seeds = &seed, .n_pictures = 1,
                                    .progress = progress };
    rs_rng_seed(&toy->rng, RS_RNG_CPU, seed);
    rs_rng_normal(&toy->rng, noise, N);
    memcpy(x, toy->latent, N * sizeof(float));
    rs_sample_start(plan, x, noise, N);
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
    const rs_noise_config config = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, prediction, { 0 } };
    CHECK_OK(rs_noise_levels_init(arena, &config, &levels, &err));
    return levels;
}

/* "sampler scheduler mode strength steps cfg eta prediction seed [key=value ...]" */
struct run_case {
    char sampler[24], scheduler[24], mode[16], prediction[16];
    unsigned seed;
    rs_img2img_params params;
};

static rs_img2img_params plain_params(void)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.strength = 0.6f;
    p.steps = 10;
    p.scheduler = "karras";
    return p;
}

static void set_number(rs_sampling_params *p, const char *key, size_t len, float value)
{
    const struct {
        const char *key;
        float *field;
    } floats[] = {
        { "s_churn", &p->s_churn }, { "s_tmin", &p->s_tmin }, { "s_tmax", &p->s_tmax },
        { "s_noise", &p->s_noise }, { "rho", &p->rho }, { "sigma_min", &p->sigma_min },
        { "sigma_max", &p->sigma_max }, { "noise_multiplier", &p->noise_multiplier },
        { "extra_noise", &p->extra_noise },
    };
    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        if (strlen(floats[i].key) == len && memcmp(floats[i].key, key, len) == 0) {
            *floats[i].field = value;
            return;
        }
    }
    const struct {
        const char *key;
        int *field;
    } ints[] = { { "variant", (int *)&p->unipc_variant }, { "skip", (int *)&p->unipc_skip_type },
                 { "order", &p->unipc_order } };
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        if (strlen(ints[i].key) == len && memcmp(ints[i].key, key, len) == 0) {
            *ints[i].field = (int)value;
            return;
        }
    }
    if (len == 5 && memcmp(key, "a1111", len) == 0)
        p->a1111_steps = value != 0;
    else if (len == 10 && memcmp(key, "keep_order", len) == 0)
        p->unipc_lower_order_final = value == 0;
    else if (len == 7 && memcmp(key, "discard", len) == 0)
        p->discard_next_to_last_sigma = value != 0 ? RS_DISCARD_ALWAYS : RS_DISCARD_NEVER;
    else
        TEST_FAIL("unknown key '%s'", key);
}

static void run_parse(const struct golden *g, const char *text, struct run_case *c)
{
    rs_img2img_params *p = &c->params;
    int used = 0;
    memset(c, 0, sizeof(*c));
    *p = plain_params();
    if (!text || sscanf(text, "%23s %23s %15s %f %d %f %f %15s %u%n", c->sampler, c->scheduler, c->mode,
                        &p->strength, &p->steps, &p->cfg_scale, &p->eta, c->prediction, &c->seed, &used) != 9)
        TEST_FAIL("bad run '%s'", text ? text : "(null)");
    p->sampler = c->sampler;
    p->scheduler = c->scheduler;
    p->steps_mode = strcmp(c->mode, "a1111") == 0   ? RS_STEPS_A1111
                    : strcmp(c->mode, "exact") == 0 ? RS_STEPS_EXACT
                                                    : RS_STEPS_DIFFUSERS;
    for (const char *key = text + used; (key = strchr(key, ' ')) != NULL;) {
        const char *equals = strchr(++key, '=');
        CHECK(equals);
        set_number(&p->sampling, key, (size_t)(equals - key), strtof(equals + 1, NULL));
    }
    size_t n;
    p->sampling.sigmas.at = golden_f32(g, "schedule_list", &n);
    p->sampling.sigmas.n = n;
}

/* Model calls of a run; -1: as many as it takes. */
static int calls_of(const rs_sample_plan *plan)
{
    const char *name = plan->sampler->name;
    const int n = plan->n_steps;
    if (strcmp(name, "dpm_adaptive") == 0 || strcmp(name, "restart") == 0)
        return -1;
    if (strcmp(name, "plms") == 0)
        return n + (plan->sigmas[1] > 0);
    if (plan->sampler->flags & RS_SAMPLER_SECOND_ORDER)
        return 2 * n - (plan->sigmas[n] == 0);
    return n;
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
        run_parse(&g, rs_weights_metadata(g.file, name), &c);
        const bool v = strcmp(c.prediction, "v") == 0;
        const rs_noise_levels levels = levels_for(g.arena, v ? RS_PREDICT_V : RS_PREDICT_EPSILON);
        toy.n_calls = 0;
        CHECK_OK(rs_sample_plan_init(g.arena, &levels, &c.params, &plan, &err));
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, c.params.cfg_scale, c.seed, NULL, x, &err));
        worst = fmax(worst, check_close(name, x, golden_f32(&g, name, &n)));
        CHECK_INT(n, N);
        if (calls_of(&plan) >= 0)
            CHECK_INT(toy.n_calls, calls_of(&plan));
        CHECK_INT(toy.batch_seen, c.params.cfg_scale == 1.0f ? 1 : 2);
        n_runs++;
    }
    CHECK(n_runs >= 100);
    printf("%d runs, off by at most %.1e of the largest value\n", n_runs, worst);
    golden_close(&g);
}

/* Over the sigmas of a peer's own timesteps: "sampler eta [variant order]". */
static void runs_are_diffusers(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    int n_runs = 0;
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        char name[64], sampler[16], variant[8] = "";
        const char *tensor = rs_weights_at(g.file, i)->name;
        if (sscanf(tensor, "peer.%63[^\n]", name) != 1 || !strstr(name, ".sigmas"))
            continue;
        *strstr(name, ".sigmas") = '\0';
        rs_err err = { 0 };
        rs_sample_plan plan = { .levels = &levels, .start_scale = 1, .end_scale = 1, .s_noise = 1,
                                .noise_multiplier = 1, .unipc_order = 3 };
        char key[96];
        float x[N];
        size_t n;
        snprintf(key, sizeof(key), "peer.%s", name);
        const char *const note = rs_weights_metadata(g.file, key);
        CHECK(note && sscanf(note, "%15s %lf %7s %d", sampler, &plan.eta, variant, &plan.unipc_order) >= 2);
        plan.unipc_variant = strcmp(variant, "bh2") == 0 ? RS_UNIPC_BH2 : RS_UNIPC_BH1;
        CHECK_OK(rs_sampler_find(sampler, &plan.sampler, &err));
        plan.sigmas = golden_f64(&g, tensor, &n);
        plan.n_steps = (int)n - 1;
        plan.start_sigma = plan.sigmas[0];
        const float cfg = strcmp(sampler, "tcd") == 0 ? 1 : 3;
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, cfg, 3, NULL, x, &err));
        snprintf(key, sizeof(key), "peer.%s.latent", name);
        check_close(key, x, golden_f32(&g, key, &n));
        n_runs++;
    }
    CHECK(n_runs == 13);
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
            rs_img2img_params p = plain_params();
            p.steps = 9;
            p.eta = pairs[i].eta;
            p.sampler = k ? pairs[i].b : pairs[i].a;
            p.scheduler = "uniform";
            CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));
            CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x[k], &err));
        }
        CHECK(memcmp(x[0], x[1], sizeof(x[0])) == 0);
    }
    golden_close(&g);
}

struct watch {
    int calls, last, stop_before;
    bool own_steps; /* several calls a step, or none */
    size_t allocs_after_first; /* allocations when step 0 begins, and since */
    size_t allocs_last;
};

static bool watch_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    if (!w->own_steps)
        CHECK_INT(step, w->calls);
    CHECK(step >= w->last);
    w->last = step;
    CHECK(step < n_steps);
    w->calls++;
    if (!w->allocs_after_first)
        w->allocs_after_first = rs_alloc_count();
    w->allocs_last = rs_alloc_count();
    return step != w->stop_before;
}

/* Every sampler: progress per step, cancel, a failing network, and no memory
 * taken from the first step on. */
static void hooks(void)
{
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    for (size_t s = 0; rs_sampler_name(s); s++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        float x[N];
        rs_img2img_params p = plain_params();
        p.sampler = rs_sampler_name(s);
        const bool adaptive = strcmp(p.sampler, "dpm_adaptive") == 0;
        CHECK(strlen(rs_sampler_help(s)) > 10);
        CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));

        struct watch w = { .stop_before = -1, .own_steps = adaptive };
        const rs_progress progress = { watch_step, &w };
        const size_t used = rs_arena_used(g.arena);
        CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, &progress, x, &err));
        if (!adaptive)
            CHECK_INT(w.calls, 7);
        CHECK_INT(w.allocs_last, w.allocs_after_first);
        /* the denoiser's four latents stay, the sampler's are given back */
        CHECK(rs_arena_used(g.arena) - used <= 2 * (2 * N * sizeof(float) + 256));

        w = (struct watch){ .stop_before = 3, .own_steps = adaptive };
        CHECK_INT(toy_run(&toy, g.arena, &levels, &plan, 3, 1, &progress, x, &err), RS_E_CANCELLED);
        CHECK_STR(err.msg, "stopped before step 4 of 7");
        CHECK_INT(w.last, 3);

        toy.n_calls = 0;
        toy.fail_at = 2;
        CHECK_INT(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x, &err), RS_E_NOMEM);
        CHECK_STR(err.msg, "the toy broke");
        CHECK_INT(toy.n_calls, 3);
        toy.fail_at = -1;
    }
    CHECK(!rs_sampler_name(20) && !rs_sampler_help(20));
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
    rs_img2img_params p = plain_params();
    p.strength = 0;
    p.sampler = "euler_a";
    CHECK_OK(rs_sample_plan_init(g.arena, &levels, &p, &plan, &err));
    CHECK_INT(plan.n_steps, 0);
    CHECK_OK(toy_run(&toy, g.arena, &levels, &plan, 3, 1, NULL, x, &err));
    CHECK(toy.n_calls == 0 && memcmp(x, toy.latent, sizeof(x)) == 0);
    golden_close(&g);
}

static void out_of_memory_at(size_t k)
{
    static const char *const samplers[] = { "euler_a", "dpmpp_sde", "lcm", "restart" };
    static const char *const schedulers[] = { "karras", "beta", "automatic", "explicit" };
    static const float list[] = { 9, 3, 1 };
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    rs_img2img_params p = plain_params();
    p.sampling.sigmas = (rs_list){ 3, list };
    p.sampler = samplers[k];
    p.scheduler = schedulers[k];
    const rs_noise_config config = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } };
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
    golden_close(&g);
}

static void out_of_memory(void)
{
    for (size_t k = 0; k < 4; k++)
        out_of_memory_at(k);
    struct golden g = golden_open(GOLDEN);
    struct toy toy = toy_read(&g);
    const rs_noise_levels levels = levels_for(g.arena, RS_PREDICT_EPSILON);
    rs_err err = { 0 };
    rs_denoiser d;
    CHECK_INT(rs_denoiser_init(g.arena, &levels, 5, &one, 1, SIZE_MAX / 4, toy_predict, &toy, &d, &err),
              RS_E_NOMEM);
    CHECK_INT(rs_denoiser_init(g.arena, &levels, NAN, &one, 1, N, toy_predict, &toy, &d, &err), RS_E_RANGE);
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
