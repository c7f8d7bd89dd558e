/* numpy's SeedSequence; the golden values are made by tools/reference/samplers.py. */
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

int main(void)
{
    TEST_RUN(words_are_numpys);
    return 0;
}
