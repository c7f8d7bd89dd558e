/* A picture's noise against A1111's ImageRNG, run by tools/reference/seeds.py. */
#include "stage/seed.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/seeds.safetensors"

static rs_err err;

struct shape {
    int h, w;
};

static rs_img2img_params read_case(const struct golden *g, const char *name, struct shape *s)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    const char *text = rs_weights_metadata(g->file, name);
    unsigned long long seed, second;
    double strength;
    CHECK(text && sscanf(text, "%d %d %llu %llu %lf %d %d", &s->h, &s->w, &seed, &second, &strength,
                         &p.seed_resize_from.height, &p.seed_resize_from.width) == 7);
    p.seed = seed;
    p.variation_seed = second;
    p.variation_strength = (float)strength;
    return p;
}

/* A1111 turns in single precision, here it is double: a few units in the last
 * place of values up to 4. Without a variation the bytes are the same. */
static void compare(const struct golden *g, const char *kind, const char *name, const char *draw,
                    const float *got, bool exact)
{
    char key[64];
    size_t n;
    snprintf(key, sizeof(key), "%s.%s.%s", kind, name, draw);
    const float *want = golden_f32(g, key, &n);
    for (size_t i = 0; i < n; i++) {
        const float off = fabsf(got[i] - want[i]);
        if (!(off <= (exact ? 0.0f : 2e-6f)))
            TEST_FAIL("%s[%zu]: got %.9g, want %.9g", key, i, (double)got[i], (double)want[i]);
    }
}

static void check_case(const struct golden *g, rs_rng_kind rng, const char *name)
{
    const char *kind = rng == RS_RNG_CPU ? "cpu" : "nv";
    const rs_arena_mark mark = rs_arena_save(g->arena);
    struct shape s;
    rs_img2img_params p = read_case(g, name, &s);
    rs_seed seed;
    p.rng = rng;
    CHECK_OK(rs_seed_init(g->arena, &p, 4, s.h, s.w, 8, &seed, &err));
    float *got = rs_arena_alloc(g->arena, 4 * (size_t)(s.h * s.w) * sizeof(float));
    /* of two kinds of Philox one rounds as numpy does: see t_rng.c */
    rs_seed_start(&seed, got);
    compare(g, kind, name, "start", got, p.variation_strength == 0 && rng == RS_RNG_CPU);
    rs_seed_next(&seed, got);
    compare(g, kind, name, "next", got, rng == RS_RNG_CPU);
    rs_arena_rewind(g->arena, mark);
}

static void as_a1111(void)
{
    static const char *const cases[] = { "plain",  "variation", "variation_whole", "variation_same",
                                         "larger", "smaller",   "mixed" };
    struct golden g = golden_open(GOLDEN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_case(&g, RS_RNG_CPU, cases[i]);
        check_case(&g, RS_RNG_NV, cases[i]);
    }
    golden_close(&g);
}

static void refusals(void)
{
    rs_arena *a = rs_arena_open(4096);
    rs_img2img_params p;
    rs_seed seed;
    rs_img2img_defaults(&p);
    p.variation_strength = 1.5f;
    CHECK_INT(rs_seed_init(a, &p, 4, 8, 8, 8, &seed, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "variation_strength is 1.5"));
    p.variation_strength = 0;
    p.seed_resize_from = (rs_size){ 4, 64 };
    CHECK_INT(rs_seed_init(a, &p, 4, 8, 8, 8, &seed, &err), RS_E_RANGE);
    CHECK(strstr(err.msg, "seed_resize_from is 4x64"));
    rs_arena_close(&a);
}

int main(void)
{
    TEST_RUN(as_a1111);
    TEST_RUN(refusals);
    return 0;
}
