/* Scheduler `diffusers`: the timesteps that diffusers' own schedulers make
 * (tools/reference/compat.py), and what follows from them. Whole pictures:
 * unit/stage/t_compat. */
#include "sample/plan.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/compat.safetensors"

static rs_err err;

static rs_timestep_rule rule_of(const char *spacing, int offset)
{
    static const char *const names[] = { "own", "leading", "linspace", "trailing" };
    rs_timestep_rule rule = { RS_SPACING_OWN, offset, RS_LAST_ALPHA_OWN };
    while (strcmp(names[rule.spacing], spacing) != 0)
        rule.spacing++;
    return rule;
}

static rs_sample_plan plan_for(rs_arena *arena, rs_noise_levels *levels, rs_timestep_rule rule,
                               const char *sampler, int steps, float strength)
{
    rs_img2img_params p;
    rs_sample_plan plan;
    const rs_noise_config config = { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, rule };
    CHECK_OK(rs_noise_levels_init(arena, &config, levels, &err));
    rs_img2img_defaults(&p);
    rs_img2img_compat(&p, RS_COMPAT_DIFFUSERS);
    p.sampler = sampler;
    p.steps = steps;
    p.strength = strength;
    CHECK_OK(rs_sample_plan_init(arena, levels, &p, &plan, &err));
    return plan;
}

/* numpy.interp of the table of sigmas at t */
static double sigma_at(const rs_noise_levels *levels, double t)
{
    const int low = (int)t < levels->n - 1 ? (int)t : levels->n - 2;
    return levels->sigmas[low] + (t - low) * (levels->sigmas[low + 1] - levels->sigmas[low]);
}

static void timesteps_are_diffusers(void)
{
    struct golden g = golden_open(GOLDEN);
    int n_lists = 0;
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        const char *name = rs_weights_at(g.file, i)->name;
        char sampler[16], spacing[16];
        int offset, steps;
        size_t n;
        rs_noise_levels levels;
        if (sscanf(name, "spaced/%15[^/]/%15[^/]/%d/%d", sampler, spacing, &offset, &steps) != 4)
            continue;
        const double *want = golden_f64(&g, name, &n);
        const rs_sample_plan plan = plan_for(g.arena, &levels, rule_of(spacing, offset), sampler, steps, 1);
        CHECK_INT(plan.n_steps, n);
        for (size_t k = 0; k < n; k++) {
            const double sigma = sigma_at(&levels, want[k]);
            /* Euler's fractional timesteps are single precision there: up to 3e-5 of a step,
             * of which two levels are at most half their value apart */
            const double most = want[k] == floor(want[k]) ? 0 : 2e-5 * sigma;
            if (fabs(plan.sigmas[k] - sigma) > most)
                TEST_FAIL("%s: sigma %zu is %.9g, not that of %g", name, k, plan.sigmas[k], want[k]);
        }
        n_lists++;
    }
    CHECK_INT(n_lists, 6 * 4 * 3);
    golden_close(&g);
}

/* Where DDIM and PNDM end, by set_alpha_to_one and by what each has without it. */
static void ends(void)
{
    static const struct {
        const char *sampler;
        rs_last_alpha said;
        bool clean;
    } cases[] = {
        { "ddim", RS_LAST_ALPHA_OWN, true },   { "ddim", RS_LAST_ALPHA_ONE, true },
        { "ddim", RS_LAST_ALPHA_FIRST, false }, { "plms", RS_LAST_ALPHA_OWN, false },
        { "plms", RS_LAST_ALPHA_ONE, true },   { "euler", RS_LAST_ALPHA_FIRST, true },
    };
    rs_arena *arena = rs_arena_open(1 << 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_noise_levels levels;
        const rs_timestep_rule rule = { RS_SPACING_LEADING, 1, cases[i].said };
        const rs_sample_plan plan = plan_for(arena, &levels, rule, cases[i].sampler, 10, 0.5f);
        const double end = cases[i].clean ? 0 : levels.sigmas[0];
        CHECK_NEAR(plan.sigmas[plan.n_steps], end, 0);
        CHECK_NEAR(plan.end_scale, 1 / sqrt(1 + end * end), 0);
        CHECK_INT(plan.n_steps, strcmp(cases[i].sampler, "plms") == 0 ? 6 : 5);
    }
    rs_arena_close(&arena);
}

/* More steps than timesteps: nothing outside the table is read. */
static void too_many(void)
{
    static const char *const samplers[] = { "ddim", "plms", "euler", "unipc" };
    rs_arena *arena = rs_arena_open(1 << 20);
    for (int spacing = RS_SPACING_OWN; spacing <= RS_SPACING_TRAILING; spacing++)
        for (size_t i = 0; i < 4; i++) {
            rs_noise_levels levels;
            const rs_timestep_rule rule = { (rs_spacing)spacing, 1000, RS_LAST_ALPHA_OWN };
            const rs_sample_plan plan = plan_for(arena, &levels, rule, samplers[i], 3000, 1);
            for (int k = 0; k < plan.n_steps; k++)
                CHECK(plan.sigmas[k] >= levels.sigmas[0] && plan.sigmas[k] <= levels.sigmas[999]);
        }
    rs_arena_close(&arena);
}

int main(void)
{
    TEST_RUN(timesteps_are_diffusers);
    TEST_RUN(ends);
    TEST_RUN(too_many);
    return 0;
}
