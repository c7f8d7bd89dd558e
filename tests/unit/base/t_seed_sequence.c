/* numpy's SeedSequence, and its default generator on top; the golden values are made by
 * tools/reference/samplers.py and outpaint.py. */
#include "base/rng_pcg64.h"
#include "base/seed_sequence.h"
#include "tests/lib/golden.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/samplers.safetensors"

/* "entropy n_keys [key ...]" */
static void words_are_numpys(void)
{
    struct golden g = golden_open(GOLDEN);
    for (int k = 0; k < 5; k++) {
        char name[16];
        snprintf(name, sizeof(name), "seeds.%d", k);
        const char *note = rs_weights_metadata(g.file, name);
        unsigned long long entropy, keys[2] = { 0 };
        int n_keys;
        CHECK(note);
        CHECK_INT(sscanf(note, "%llu %d %llu %llu", &entropy, &n_keys, &keys[0], &keys[1]), k > 1 ? 4 : 2);
        size_t n;
        const int64_t *want = golden_i64(&g, name, &n);
        uint32_t got[4];
        CHECK_INT(n, 4);
        rs_seed_sequence(entropy, 24, (const uint64_t[]){ keys[0], keys[1] }, n_keys, got, 4);
        for (int i = 0; i < 4; i++)
            CHECK_INT(got[i], want[i]);
    }
    golden_close(&g);
}

static void doubles_are_numpys(void)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/outpaint.safetensors");
    const uint64_t seeds[2] = { 0, 12345678901u };
    for (int k = 0; k < 2; k++) {
        char name[32];
        snprintf(name, sizeof name, "pcg64/%llu", (unsigned long long)seeds[k]);
        size_t n;
        const double *want = golden_f64(&g, name, &n);
        rs_pcg64 rng;
        rs_pcg64_seed(&rng, seeds[k]);
        for (size_t i = 0; i < n; i++)
            CHECK(rs_pcg64_double(&rng) == want[i]);
        CHECK_INT(n, 20);
    }
    golden_close(&g);
}

int main(void)
{
    TEST_RUN(words_are_numpys);
    TEST_RUN(doubles_are_numpys);
    return 0;
}
