/* Noise levels, schedules and the step rule against diffusers, k-diffusion and
 * Python; the golden file is made by tools/reference/samplers.py. */
#include "restyle/img2img.h"
#include "sample/levels.h"
#include "sample/plan.h"
#include "sample/schedule.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/samplers.safetensors"

static rs_noise_config sd_config(void)
{
    return (rs_noise_config){ 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } };
}

static rs_noise_levels sd_levels(rs_arena *arena)
{
    rs_err err = { 0 };
    rs_noise_levels levels;
    const rs_noise_config config = sd_config();
    CHECK_OK(rs_noise_levels_init(arena, &config, &levels, &err));
    return levels;
}

static rs_noise_config parse_config(const char *text)
{
    char betas[32];
    rs_noise_config c = { 0 };
    if (!text ||
        sscanf(text, "%d %31s %lf %lf", &c.train_steps, betas, &c.beta_start, &c.beta_end) != 4)
        TEST_FAIL("bad noise config '%s'", text ? text : "(null)");
    c.betas = strcmp(betas, "linear") == 0          ? RS_BETA_LINEAR
              : strcmp(betas, "scaled_linear") == 0 ? RS_BETA_SCALED_LINEAR
                                                    : RS_BETA_COSINE;
    return c;
}

/* Equal to the last bit: the same roundings in the same order. The cosine passes
 * through the C library's double cosine, which leaves room for a float's ulp. */
static void levels_are_diffusers(void)
{
    static const char *const names[] = { "levels.sd", "levels.linear", "levels.cosine", "levels.short" };
    struct golden g = golden_open(GOLDEN);
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        rs_err err = { 0 };
        rs_noise_levels levels;
        size_t n;
        const float *want = golden_f32(&g, names[k], &n);
        const rs_noise_config config = parse_config(rs_weights_metadata(g.file, names[k]));
        CHECK_OK(rs_noise_levels_init(g.arena, &config, &levels, &err));
        CHECK_INT(levels.n, n);
        const double tolerance = config.betas == RS_BETA_COSINE ? 1e-7 : 0;
        for (size_t i = 0; i < n; i++) {
            const double a = (double)levels.alphas_cumprod[i];
            CHECK_NEAR(a, want[i], tolerance * a);
            CHECK_NEAR(levels.sigmas[i], sqrt((1 - a) / a), 1e-12 * levels.sigmas[i]);
        }
    }
    golden_close(&g);
}

static void sigma_and_t(void)
{
    struct golden g = golden_open(GOLDEN);
    const rs_noise_levels levels = sd_levels(g.arena);
    size_t n, m;
    const double *sigma = golden_f64(&g, "to_t.sigma", &n), *t = golden_f64(&g, "to_t.t", &m);
    CHECK(n == m && n > 50);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR(rs_sigma_to_t(&levels, sigma[i]), t[i], 1e-9);
    for (double there = 0; there <= 999; there += 0.37)
        CHECK_NEAR(rs_sigma_to_t(&levels, rs_row_to_sigma(&levels, there)), there, 1e-9);
    CHECK_NEAR(rs_sigma_to_t(&levels, 1e-9), 0, 0);
    CHECK_NEAR(rs_sigma_to_t(&levels, 1e9), 999, 0);
    CHECK_NEAR(rs_row_to_sigma(&levels, -5), levels.sigmas[0], 0);
    CHECK_NEAR(rs_row_to_sigma(&levels, 5000), levels.sigmas[999], 0);
    golden_close(&g);
}

/* "scheduler n [key=value ...]" */
static const rs_scheduler *schedule_parse(const struct golden *g, const char *text, int *n,
                                          rs_sampling_params *p)
{
    char name[24];
    rs_err err = { 0 };
    const rs_scheduler *scheduler = NULL;
    rs_img2img_params defaults;
    size_t length;
    rs_img2img_defaults(&defaults);
    *p = defaults.sampling;
    p->sigmas.at = golden_f32(g, "schedule_list", &length);
    p->sigmas.n = length;
    if (!text || sscanf(text, "%23s %d", name, n) != 2)
        TEST_FAIL("bad schedule '%s'", text ? text : "(null)");
    const struct {
        const char *key;
        float *field;
    } keys[] = { { "rho=", &p->rho }, { "sigma_min=", &p->sigma_min }, { "sigma_max=", &p->sigma_max },
                 { "beta_alpha=", &p->beta_alpha }, { "beta_beta=", &p->beta_beta } };
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        const char *at = strstr(text, keys[k].key);
        if (at)
            *keys[k].field = strtof(at + strlen(keys[k].key), NULL);
    }
    CHECK_OK(rs_scheduler_find(name, &scheduler, &err));
    return scheduler;
}

/* k-diffusion and A1111 work in float32, with a timestep and powers rounded on the
 * way. Points that repeat count once, as the plan counts them. */
static void schedules_are_a1111s(void)
{
    struct golden g = golden_open(GOLDEN);
    const rs_noise_levels levels = sd_levels(g.arena);
    int n_schedules = 0;
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        const char *name = rs_weights_at(g.file, i)->name;
        if (strncmp(name, "schedule.", 9) != 0)
            continue;
        rs_err err = { 0 };
        rs_sampling_params p;
        rs_schedule schedule;
        int asked;
        size_t n_want;
        const rs_scheduler *scheduler = schedule_parse(&g, rs_weights_metadata(g.file, name), &asked, &p);
        const float *want = golden_f32(&g, name, &n_want);
        CHECK_OK(rs_schedule_init(g.arena, scheduler, &levels, &p, &schedule, &err));
        const int64_t n = scheduler->count ? scheduler->count(&schedule, asked) : asked;
        double last = HUGE_VAL;
        size_t k = 0;
        for (int64_t at = 0; at < n; at++) {
            const double sigma = scheduler->sigma(&schedule, at, asked);
            if (sigma == last)
                continue;
            if (k + 1 >= n_want || fabs(sigma - (double)want[k]) > 1e-5 * (double)want[k])
                TEST_FAIL("%s: sigma %zu is %.9g, want %.9g", name, k, sigma, (double)want[k]);
            last = sigma;
            k++;
        }
        CHECK_INT(k + 1, n_want);
        n_schedules++;
    }
    CHECK(n_schedules > 90);
    for (size_t s = 0; rs_scheduler_name(s); s++)
        CHECK(strlen(rs_scheduler_help(s)) > 10);
    CHECK(!rs_scheduler_name(14) && !rs_scheduler_help(14));
    golden_close(&g);
}

/* Row k of the thinned table is timestep 20 k + 19, and nothing lies between. */
static void thin_levels(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    rs_err err = { 0 };
    const rs_noise_levels levels = sd_levels(arena);
    rs_noise_levels thin, few;
    CHECK_OK(rs_noise_levels_thin(arena, &levels, &thin, &err));
    CHECK_INT(thin.n, 50);
    for (int k = 0; k < 50; k++) {
        CHECK_NEAR(thin.sigmas[k], levels.sigmas[20 * k + 19], 0);
        CHECK_NEAR(rs_sigma_to_t(&thin, thin.sigmas[k]), 20 * k + 19, 0);
        CHECK_NEAR(rs_sigma_to_t(&thin, levels.sigmas[20 * k + 12]), 20 * k + 19, 0);
    }
    CHECK_NEAR(rs_sigma_to_t(&thin, 1e9), 999, 0);
    CHECK_NEAR(rs_sigma_to_t(&thin, 1e-9), 19, 0);
    CHECK_OK(rs_noise_levels_thin(arena, &thin, &few, &err));
    CHECK_INT(few.n, 50);
    rs_arena_close(&arena);
}

static void bad_levels(void)
{
    static const rs_noise_config bad[] = {
        { 1, 0.00085, 0.012, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 2000000000, 0.00085, 0.012, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, 0, 0.012, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, 0.00085, 1, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, NAN, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, -0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 100000, 0.9, 0.99, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } }, /* product underflows */
        { 1000, 1e-12, 0.01, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } }, /* 1 - beta is 1: sigma 0 */
    };
    rs_arena *arena = rs_arena_open(1 << 16);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rs_err err = { 0 };
        rs_noise_levels levels = { .n = -1 };
        CHECK_INT(rs_noise_levels_init(arena, &bad[i], &levels, &err), RS_E_FORMAT);
        CHECK(strstr(err.msg, "expected"));
        CHECK_INT(levels.n, -1);
    }
    rs_arena_close(&arena);
}

static void step_rule_is_python(void)
{
    struct golden g = golden_open(GOLDEN);
    size_t n_strengths, n_steps, n;
    const float *strengths = golden_f32(&g, "steps.strength", &n_strengths);
    const int64_t *steps = golden_i64(&g, "steps.steps", &n_steps);
    const float *want = golden_f32(&g, "steps.count", &n);
    CHECK_INT(n, n_strengths * n_steps * 3);
    for (size_t s = 0; s < n_strengths; s++) {
        for (size_t k = 0; k < n_steps; k++, want += 3) {
            const int count = (int)steps[k];
            const float strength = strengths[s];
            const rs_step_range a = rs_step_rule(RS_STEPS_A1111, strength, count);
            const rs_step_range e = rs_step_rule(RS_STEPS_EXACT, strength, count);
            const rs_step_range d = rs_step_rule(RS_STEPS_DIFFUSERS, strength, count);
            if (a.n_steps != (int)want[0] || e.total != (int)want[1] || d.n_steps != (int)want[2])
                TEST_FAIL("strength %g, %d steps: got %d, %lld, %d, want %g, %g, %g", (double)strength,
                          count, a.n_steps, (long long)e.total, d.n_steps, (double)want[0],
                          (double)want[1], (double)want[2]);
            CHECK_INT(a.total, strength > 0 ? count : 0);
            CHECK_INT(e.n_steps, strength > 0 ? count : 0);
        }
    }
    golden_close(&g);
}

static void step_rule_limits(void)
{
    static const struct {
        float strength;
        int steps;
    } bad[] = { { NAN, 20 }, { -0.1f, 20 }, { 1.1f, 20 }, { 0.5f, 0 }, { 0.5f, -3 },
                { 0.5f, RS_MAX_STEPS + 1 } };
    CHECK_INT(rs_step_rule(RS_STEPS_A1111, 0.55f, 20).n_steps, 12);
    CHECK_INT(rs_step_rule(RS_STEPS_DIFFUSERS, 0.55f, 20).n_steps, 11);
    for (int mode = RS_STEPS_A1111; mode <= RS_STEPS_SDCPP; mode++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            CHECK_INT(rs_step_rule((rs_steps_mode)mode, bad[i].strength, bad[i].steps).n_steps, 0);
    CHECK_INT(rs_step_rule((rs_steps_mode)7, 0.5f, 20).n_steps, 0);
}

static rs_img2img_params plain_params(void)
{
    static const float list[] = { 9, 3, 1, 0.0291675f, 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.sampling.sigmas = (rs_list){ 5, list };
    return p;
}

static bool ends_at_the_smallest(const char *scheduler)
{
    static const char *const others[] = { "sgm_uniform", "simple", "ddim", "beta", "align_your_steps" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(scheduler, others[i]) == 0)
            return false;
    }
    return true;
}

static void plan_levels(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    const rs_noise_levels levels = sd_levels(arena);
    rs_err err = { 0 };
    static const float strengths[] = { 1e-30f, 1e-7f, 0.001f, 0.3f, 0.55f, 1 };
    for (size_t i = 0; i < 6; i++) {
        for (int mode = RS_STEPS_A1111; mode <= RS_STEPS_SDCPP; mode++) {
            for (size_t s = 0; rs_scheduler_name(s); s++) {
                rs_img2img_params p = plain_params();
                p.strength = strengths[i];
                p.steps_mode = (rs_steps_mode)mode;
                p.scheduler = rs_scheduler_name(s);
                rs_sample_plan plan;
                CHECK_OK(rs_sample_plan_init(arena, &levels, &p, &plan, &err));
                const int rule = rs_step_rule(p.steps_mode, p.strength, p.steps).n_steps;
                if (ends_at_the_smallest(p.scheduler))
                    CHECK_INT(plan.n_steps, rule);
                else /* of a table's rows there may be fewer than wanted, and ddim has some more */
                    CHECK((plan.n_steps > 0) == (rule > 0) && plan.n_steps <= rule + 20);
                CHECK_INT(plan.n_steps, rs_img2img_steps(&p));
                if (plan.n_steps == 0)
                    continue;
                CHECK_NEAR(plan.sigmas[plan.n_steps], 0, 0);
                for (int k = 0; k < plan.n_steps; k++)
                    CHECK(plan.sigmas[k] > plan.sigmas[k + 1]);
                if (mode != RS_STEPS_DIFFUSERS && ends_at_the_smallest(p.scheduler))
                    CHECK_NEAR(plan.sigmas[plan.n_steps - 1], levels.sigmas[0], 1e-7);
            }
        }
    }
    rs_arena_close(&arena);
}

static void plan_eta(void)
{
    static const struct {
        const char *sampler;
        float eta;
        double want;
    } cases[] = {
        { "euler", -1, 0 },      { "euler", 1, 0 },  { "euler_a", -1, 1 }, { "euler_a", 0.25f, 0.25 },
        { "euler_a", 0, 0 },     { "ddim", -1, 0 },  { "ddim", 0.5f, 0.5 }, { "dpmpp_2m", 0.5f, 0 },
    };
    rs_arena *arena = rs_arena_open(1 << 16);
    const rs_noise_levels levels = sd_levels(arena);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        rs_img2img_params p = plain_params();
        p.sampler = cases[i].sampler;
        p.eta = cases[i].eta;
        CHECK_OK(rs_sample_plan_init(arena, &levels, &p, &plan, &err));
        CHECK_NEAR(plan.eta, cases[i].want, 0);
    }
    rs_arena_close(&arena);
}

static void bad_params(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    const rs_noise_levels levels = sd_levels(arena);
    rs_img2img_params bad[10];
    for (int i = 0; i < 10; i++)
        bad[i] = plain_params();
    bad[0].strength = -0.1f;
    bad[1].strength = 1.5f;
    bad[2].strength = NAN;
    bad[3].steps = 0;
    bad[4].steps = RS_MAX_STEPS + 1;
    bad[5].eta = INFINITY;
    bad[6].steps_mode = (rs_steps_mode)7;
    bad[7].sampler = "eular";
    bad[8].scheduler = NULL;
    bad[9].sampler = NULL;
    for (int i = 0; i < 10; i++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        CHECK_INT(rs_sample_plan_init(arena, &levels, &bad[i], &plan, &err),
                  i < 6 ? RS_E_RANGE : RS_E_INVALID);
        CHECK(err.msg[0]);
        if (i == 7)
            CHECK_STR(err.msg,
                      "unknown sampler 'eular', expected one of: euler, euler_a, heun, lms, dpm2, dpm2_a, "
                      "dpmpp_2s_a, dpmpp_2m, dpmpp_sde, dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde, "
                      "dpm_fast, dpm_adaptive, ddim, plms, unipc, lcm, tcd, restart");
        if (i == 8)
            CHECK_STR(err.msg,
                      "unknown scheduler '', expected one of: automatic, uniform, karras, exponential, "
                      "polyexponential, sgm_uniform, simple, normal, ddim, beta, align_your_steps, "
                      "kl_optimal, diffusers, explicit");
    }
    rs_arena_close(&arena);
}

/* What the finer controls refuse, each with a word that helps. */
static void bad_sampling(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    const rs_noise_levels levels = sd_levels(arena);
    static const float rising[] = { 3, 4 }, nothing[] = { 0 }, wrong[] = { 5, NAN };
    rs_img2img_params bad[10];
    static const char *const words[] = { "sigma_min",   "sigmas[1]",  "list them", "sigmas[1]",
                                         "s_noise",     "unipc_order", "beta_alpha", "rho",
                                         "raise steps", "noise_multiplier" };
    for (int i = 0; i < 10; i++)
        bad[i] = plain_params();
    bad[0].sampling.sigma_min = 20;
    bad[1].sampling.sigmas = (rs_list){ 2, rising };
    bad[2].sampling.sigmas = (rs_list){ 1, nothing };
    bad[3].sampling.sigmas = (rs_list){ 2, wrong };
    bad[1].scheduler = bad[2].scheduler = bad[3].scheduler = "explicit";
    bad[4].sampling.s_noise = -1;
    bad[5].sampling.unipc_order = 4;
    bad[6].sampling.beta_alpha = 0;
    bad[6].scheduler = "beta";
    bad[7].sampling.rho = 0.001f;
    bad[8].sampling.a1111_steps = true;
    bad[8].sampler = "unipc";
    bad[8].steps = 4;
    bad[9].sampling.noise_multiplier = NAN;
    for (int i = 0; i < 10; i++) {
        rs_err err = { 0 };
        rs_sample_plan plan;
        CHECK_INT(rs_sample_plan_init(arena, &levels, &bad[i], &plan, &err), RS_E_RANGE);
        if (!strstr(err.msg, words[i]))
            TEST_FAIL("case %d: \"%s\" without \"%s\"", i, err.msg, words[i]);
    }
    rs_arena_close(&arena);
}

int main(void)
{
    TEST_RUN(levels_are_diffusers);
    TEST_RUN(sigma_and_t);
    TEST_RUN(schedules_are_a1111s);
    TEST_RUN(thin_levels);
    TEST_RUN(bad_levels);
    TEST_RUN(step_rule_is_python);
    TEST_RUN(step_rule_limits);
    TEST_RUN(plan_levels);
    TEST_RUN(plan_eta);
    TEST_RUN(bad_params);
    TEST_RUN(bad_sampling);
    return 0;
}
