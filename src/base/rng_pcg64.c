#include "base/rng_pcg64.h"

#include "base/seed_sequence.h"

static rs_u128 add(rs_u128 a, rs_u128 b)
{
    const uint64_t low = a.low + b.low;
    return (rs_u128){ a.high + b.high + (low < a.low), low };
}

/* The low 128 bits of the product, from 32-bit halves of the low words. */
static rs_u128 mul(rs_u128 a, rs_u128 b)
{
    const uint64_t a0 = a.low & 0xffffffffu, a1 = a.low >> 32, b0 = b.low & 0xffffffffu, b1 = b.low >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    const uint64_t other = a0 * b1 + (middle & 0xffffffffu);
    const uint64_t carry = a1 * b1 + (middle >> 32) + (other >> 32);
    return (rs_u128){ carry + a.high * b.low + a.low * b.high, a.low * b.low };
}

static void step(rs_pcg64 *rng)
{
    static const rs_u128 multiplier = { 0x2360ed051fc65da4u, 0x4385df649fccf645u };
    rng->state = add(mul(rng->state, multiplier), rng->increment);
}

void rs_pcg64_seed(rs_pcg64 *rng, uint64_t seed)
{
    uint32_t words[8]; /* four numbers of 64 bits, their low words first */
    rs_seed_sequence(seed, 4, NULL, 0, words, 8);
    uint64_t n[4];
    for (int i = 0; i < 4; i++)
        n[i] = (uint64_t)words[2 * i + 1] << 32 | words[2 * i];
    rng->increment = (rs_u128){ n[2] << 1 | n[3] >> 63, n[3] << 1 | 1 };
    rng->state = add(rng->increment, (rs_u128){ n[0], n[1] });
    step(rng);
}

double rs_pcg64_double(rs_pcg64 *rng)
{
    step(rng);
    const uint64_t x = rng->state.high ^ rng->state.low;
    const unsigned turn = (unsigned)(rng->state.high >> 58);
    const uint64_t v = x >> turn | x << (-turn & 63);
    return (double)(v >> 11) * (1.0 / 9007199254740992.0);
}
