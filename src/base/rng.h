/* Normal random numbers, the same as other programs draw from the same seed.
 *
 * RS_RNG_CPU is torch's CPU generator: rs_rng_normal(rng, dst, n) gives what
 * torch.randn(n, generator=g) gives, for any n and any sequence of calls, bit
 * for bit (see rng_torch.c). RS_RNG_NV is the Philox generator of NVIDIA GPUs as
 * A1111 emulates it (see rng_philox.c).
 *
 * The values of one call depend on its length, so draw a latent in one call, in
 * torch's order [c, h, w]. A generator is used by one thread at a time. */
#ifndef RS_BASE_RNG_H
#define RS_BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "restyle/img2img.h"

#define RS_MT_WORDS 624

/* mt19937, and the second half of the last pair of normals, which calls for
 * fewer than 16 values leave behind. */
typedef struct rs_rng_torch {
    uint32_t state[RS_MT_WORDS];
    int next; /* the next word of state to hand out */
    bool has_spare;
    double spare;
} rs_rng_torch;

typedef struct rs_rng_philox {
    uint64_t seed;
    uint32_t calls; /* counts up by one per call, whatever its length */
} rs_rng_philox;

/* The caller's plain struct; owns nothing. */
typedef struct rs_rng {
    rs_rng_kind kind;
    union {
        rs_rng_torch torch;
        rs_rng_philox philox;
    } u;
} rs_rng;

/* Starts over. torch's generator uses the low 32 bits of seed, Philox all 64. */
void rs_rng_seed(rs_rng *rng, rs_rng_kind kind, uint64_t seed);

/* One torch.randn call: n values of mean 0 and deviation 1 into dst[0..n). */
void rs_rng_normal(rs_rng *rng, float *dst, size_t n);

/* The kinds by themselves; rs_rng_normal picks one. */
void rs_rng_torch_seed(rs_rng_torch *rng, uint64_t seed);
void rs_rng_torch_normal(rs_rng_torch *rng, float *dst, size_t n);
void rs_rng_philox_normal(rs_rng_philox *rng, float *dst, size_t n);

#endif
