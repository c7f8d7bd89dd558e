/* The noise of one picture, as its seed gives it.
 *
 * What A1111's modules/rng.py (ImageRNG) does: the start noise is the first draw
 * of the seed's generator, stochastic samplers go on drawing from it. With a
 * variation strength the start noise is turned towards that of a second seed;
 * with a seed resize it is the noise of another size, pasted into the middle. With
 * an eta_noise_seed_delta the steps draw from another generator than the start. */
#ifndef RS_STAGE_SEED_H
#define RS_STAGE_SEED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rng.h"

typedef struct rs_seed {
    rs_rng rng;                    /* the picture's generator; its draws are counted */
    const rs_img2img_params *params;
    int c, h, w;                   /* of the latent */
    int from_h, from_w;            /* of the latent that the noise is made for */
    float *first, *second;         /* [c, from_h, from_w]; NULL where not needed */
} rs_seed;

/* h, w: of the latent; factor: pixels of one of its cells. Reads seed, rng, the
 * variation, seed_resize_from and eta_noise_seed_delta of params, which must outlive *out. Buffers are
 * the arena's; nothing is allocated later. */
rs_status rs_seed_init(rs_arena *arena, const rs_img2img_params *params, int c, int h, int w,
                       int factor, rs_seed *out, rs_err *err);

/* The start noise, [c, h, w] in torch's order: the first draw of an image. */
void rs_seed_start(rs_seed *seed, float *dst);
/* Any further draw of [c, h, w]. */
void rs_seed_next(rs_seed *seed, float *dst);

/* The first draw of [c, h, w] from a generator of its own. */
void rs_seed_fresh(const rs_seed *seed, uint64_t of, float *dst);

/* low turned towards high by val (0: low, 1: high), into low. Both [c, h, w]; the
 * angle is that of each column [h] of each channel, as in A1111, which takes the
 * second axis of [c, h, w] for that of a batch of vectors. */
void rs_noise_slerp(float val, float *low, const float *high, int c, int h, int w);

#endif
