/* Brownian motion against torchsde's tree as k-diffusion asks it; the golden file is
 * made by tools/reference/samplers.py. */
#include "base/mem.h"
#include "base/rng.h"
#include "sample/brownian.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/samplers.safetensors"

enum { N = 48 };

static void seeded(void *cookie, uint64_t seed, float *dst)
{
    const rs_rng_kind *kind = cookie;
    rs_rng rng;
    rs_rng_seed(&rng, *kind, seed);
    rs_rng_normal(&rng, dst, N);
}

static rs_brownian tree(rs_arena *arena, rs_rng_kind *kind, const uint64_t *seed)
{
    rs_err err = { 0 };
    rs_brownian b;
    CHECK_OK(rs_brownian_init(arena, 0.0291675, 14.6146, N, seed, 1, seeded, kind, &b, &err));
    return b;
}

/* torch's normals are reproduced bit for bit, and so are the ways; but torch's root of
 * a distance may be an ulp off, and with it the whole step. numpy's logarithm and sine,
 * which made the normals of NVIDIA's kind, may differ in the last bit each time. */
static void steps_are_torchsdes(void)
{
    static rs_rng_kind kinds[] = { RS_RNG_CPU, RS_RNG_NV };
    static const uint64_t seeds[] = { 1234567890, ((uint64_t)1 << 33) + 7 };
    struct golden g = golden_open(GOLDEN);
    size_t n_levels, n;
    const double *levels = golden_f64(&g, "tree.levels", &n_levels);
    for (int k = 0; k < 2; k++) {
        const float *want = golden_f32(&g, k ? "tree.nv" : "tree.cpu", &n);
        CHECK_INT(n, n_levels / 2 * N);
        rs_brownian b = tree(g.arena, &kinds[k], &seeds[k]);
        const size_t allocations = rs_alloc_count();
        for (size_t i = 0; i < n_levels / 2; i++) {
            float got[N];
            rs_brownian_step(&b, levels[2 * i], levels[2 * i + 1], got);
            for (int j = 0; j < N; j++) {
                const double w = (double)want[i * N + (size_t)j];
                CHECK_NEAR(got[j], w, k ? 2e-6 : 2.4e-7 * fabs(w));
            }
        }
        CHECK_INT(rs_alloc_count(), allocations);
    }
    golden_close(&g);
}

/* The ways between the levels of a fine run add up to those of a coarse one, in any
 * order of asking; no way at all is none. */
static void ways_add_up(void)
{
    static const double levels[] = { 12, 5.5, 1.75, 0.3, 0.1 };
    rs_arena *arena = rs_arena_open(1 << 16);
    rs_rng_kind kind = RS_RNG_CPU;
    const uint64_t seed = 7;
    rs_brownian b = tree(arena, &kind, &seed);
    float whole[N], part[N];
    double sum[N] = { 0 };
    for (int i = 3; i >= 0; i--) {
        rs_brownian_step(&b, levels[i], levels[i + 1], part);
        for (int k = 0; k < N; k++)
            sum[k] += (double)part[k] * sqrt(levels[i] - levels[i + 1]);
    }
    rs_brownian_step(&b, levels[0], levels[4], whole);
    for (int k = 0; k < N; k++)
        CHECK_NEAR((double)whole[k] * sqrt(levels[0] - levels[4]), sum[k], 1e-5);
    rs_brownian_step(&b, 2, 2.0000001, part);
    for (int k = 0; k < N; k++)
        CHECK_NEAR(part[k], 0, 0);
    rs_arena_close(&arena);
}

int main(void)
{
    TEST_RUN(steps_are_torchsdes);
    TEST_RUN(ways_add_up);
    return 0;
}
