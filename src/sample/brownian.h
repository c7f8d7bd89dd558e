/* Brownian motion over noise levels, for the samplers that solve an SDE.
 *
 * The noise of a step is the motion's way between two levels, so that a run of
 * more steps follows the same path in smaller pieces. This is torchsde's
 * BrownianTree (0.2.6, _brownian/brownian_interval.py with halfway_tree) as
 * k-diffusion's BrownianTreeNoiseSampler and A1111 use it: levels are halved down
 * to a millionth, and the normals at each halving come from a generator of its
 * own, whose seed numpy's SeedSequence makes of the picture's seed and the place
 * in the tree. The same values for the same levels in single precision, up to the
 * rounding of torch's square root. */
#ifndef RS_SAMPLE_BROWNIAN_H
#define RS_SAMPLE_BROWNIAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The first normals of a new generator of this seed, for one picture. */
typedef void rs_seeded_noise(void *cookie, uint64_t seed, float *dst);

typedef struct rs_brownian {
    double low, high; /* the whole motion, in millionths of a level */
    size_t n;         /* values of all latents */
    const uint64_t *seeds; /* [n_pictures] */
    int n_pictures;
    rs_seeded_noise *noise;
    void *cookie;
    float *whole;     /* [n], the way from low to high */
    float *normals;   /* [n] */
    float **parts;    /* [depth] of [n]: the way through the right half at each depth */
    int depth;
} rs_brownian;

/* Between the levels low < high. The n values are n_pictures latents one behind the other,
 * each with a motion of its own (k-diffusion's BatchedBrownianTree); seeds must outlive *out.
 * Takes depth + 2 times n values from the arena, about 26 n for the levels of SD; nothing
 * is allocated later. */
rs_status rs_brownian_init(rs_arena *arena, double low, double high, size_t n, const uint64_t *seeds,
                           int n_pictures, rs_seeded_noise *noise, void *cookie, rs_brownian *out,
                           rs_err *err);

/* The normals of a step from one level down to another: the way between the two,
 * over the root of their distance. Levels outside the whole count as its ends. */
void rs_brownian_step(rs_brownian *b, double from, double to, float *dst);

#endif
