/* Uniform random numbers as numpy draws them: PCG64 (XSL RR 128/64).
 *
 *     rs_pcg64_seed(&rng, seed);  rs_pcg64_double(&rng);
 * is
 *     rng = np.random.default_rng(seed);  rng.random()
 *
 * M. E. O'Neill, "PCG: a family of simple fast space-efficient statistically good
 * algorithms for random number generation" (2014), with numpy's way of seeding
 * (numpy/random/_pcg64.pyx). */
#ifndef RS_BASE_RNG_PCG64_H
#define RS_BASE_RNG_PCG64_H

#include <stdint.h>

typedef struct rs_u128 {
    uint64_t high, low;
} rs_u128;

/* The caller's plain struct; owns nothing. */
typedef struct rs_pcg64 {
    rs_u128 state, increment;
} rs_pcg64;

void rs_pcg64_seed(rs_pcg64 *rng, uint64_t seed);
/* From 0 up to, not including, 1: multiples of 2^-53. */
double rs_pcg64_double(rs_pcg64 *rng);

#endif
