/* NVIDIA's Philox generator, as A1111 emulates torch.randn on a GPU.
 *
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
 * 1, 2, 3"), a block cipher over a counter: value i of call k is made of the
 * counter (k, 0, i, 0) under the seed as the key. The first two words of a block
 * give one normal by Box-Muller; the other two are thrown away. A1111's Python
 * mixes uint32 with float32 arrays, which numpy computes in double, with both
 * factors rounded to single precision; so here. (The example in its docstring
 * was made with an exact 2 pi: up to 3e-7 off what its code returns.) */
#include "base/rng.h"

#include <math.h>

enum { ROUNDS = 10 };

static void philox4x32(uint32_t c[4], uint64_t seed)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t a = (uint64_t)c[0] * 0xd2511f53u;
        const uint64_t b = (uint64_t)c[2] * 0xcd9e8d57u;
        const uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)a;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
}

void rs_rng_philox_normal(rs_rng_philox *rng, float *dst, size_t n)
{
    const double to_unit = 0x1p-32;
    const double to_angle = (double)(float)(2.3283064e-10 * 6.2831855); /* 2 pi / 2^32 */
    for (size_t i = 0; i < n; i++) {
        uint32_t block[4] = { rng->calls, 0, (uint32_t)i, 0 };
        philox4x32(block, rng->seed);
        const double u = block[0] * to_unit + to_unit / 2;
        const double v = block[1] * to_angle + to_angle / 2;
        dst[i] = (float)(sqrt(-2.0 * log(u)) * sin(v));
    }
    rng->calls++;
}
