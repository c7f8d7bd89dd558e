#include "base/seed_sequence.h"

#include "base/err.h"

enum { SOURCE_MAX = RS_SEED_POOL_MAX + 2 * RS_SEED_KEYS_MAX };

static uint32_t fold(uint32_t x)
{
    return x ^ x >> 16;
}

/* Each use moves the constant on, so that equal words come out different. */
static uint32_t hash(uint32_t value, uint32_t *constant, uint32_t multiplier)
{
    value ^= *constant;
    *constant *= multiplier;
    return fold(value * *constant);
}

static uint32_t mix(uint32_t x, uint32_t y)
{
    return fold(0xca01f9ddu * x - 0x4973f715u * y);
}

/* An integer as numpy spells it: 32-bit words, the low one first, at least one. */
static int spell(uint64_t value, uint32_t *words)
{
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
    return words[1] ? 2 : 1;
}

void rs_seed_sequence(uint64_t entropy, int pool, const uint64_t *keys, int n_keys, uint32_t *out,
                      size_t n)
{
    RS_BUG_IF(pool < 4 || pool > RS_SEED_POOL_MAX || n_keys > RS_SEED_KEYS_MAX);
    uint32_t source[SOURCE_MAX] = { 0 }, state[RS_SEED_POOL_MAX];
    spell(entropy, source);
    int n_source = pool; /* keys stand behind a full pool, so that they are no part of the entropy */
    for (int i = 0; i < n_keys; i++)
        n_source += spell(keys[i], source + n_source);

    uint32_t constant = 0x43b0d7e5u;
    const uint32_t in = 0x931e8875u;
    for (int i = 0; i < pool; i++)
        state[i] = hash(source[i], &constant, in);
    for (int from = 0; from < pool; from++) {
        for (int to = 0; to < pool; to++) {
            if (from != to)
                state[to] = mix(state[to], hash(state[from], &constant, in));
        }
    }
    for (int from = pool; from < n_source; from++) {
        for (int to = 0; to < pool; to++)
            state[to] = mix(state[to], hash(source[from], &constant, in));
    }
    constant = 0x8b51f9ddu;
    for (size_t i = 0; i < n; i++)
        out[i] = hash(state[i % (size_t)pool], &constant, 0x58f38dedu);
}
