/* What samplers are written with: buffers, model calls, noise, and sums of
 * latents. Coefficients are made in double and rounded once. */
#ifndef RS_SAMPLE_STEP_H
#define RS_SAMPLE_STEP_H

#include "sample/sampler.h"

/* A latent of n floats from scratch, uninitialised. */
rs_status rs_step_buffer(const rs_sampling *s, float **out, rs_err *err);

/* Begins step i: reports progress, which may cancel, then denoises x at sigma. */
rs_status rs_step_begin(const rs_sampling *s, int i, const float *x, double sigma, float *denoised,
                        rs_err *err);
/* A further model call of the same step. */
rs_status rs_step_denoise(const rs_sampling *s, const float *x, double sigma, float *denoised,
                          rs_err *err);

/* s->x += factor * normals for the way from one level down to the next; buffer is
 * overwritten. Nothing is drawn when factor is 0. */
void rs_step_add_noise(const rs_sampling *s, double factor, double sigma, double next, float *buffer);

/* The level that step i leads to, and after it: s->x at that level is taken for one at
 * the next level of the plan, its picture and noise together unchanged in x / sqrt(1 +
 * sigma^2), the network's scale. Does nothing without targets, where the two are one. */
double rs_step_target(const rs_sampling *s, int i);
void rs_step_arrive(const rs_sampling *s, int i);
/* The same for any picture and levels. */
void rs_step_claim(float *x, double level, double as, size_t n);

/* How a step to `next` that renews a share of the noise is split: down to a lower
 * level, and up again with new noise (k-diffusion, get_ancestral_step). */
typedef struct rs_step_split {
    double down, up;
} rs_step_split;

rs_step_split rs_step_ancestral(double sigma, double next, double eta);

/* Adds noise to s->x before step i and returns the level it then has (Karras et al.
 * 2022, algorithm 2). As in k-diffusion, churn draws in every step, also outside
 * s_tmin..s_tmax. */
double rs_step_churn(const rs_sampling *s, int i, float *buffer);

/* x at level sigma moved to level next along the line through denoised:
 * dst = d + next / sigma * (x - d). dst may be x. */
void rs_step_line(float *dst, const float *d, const float *x, double sigma, double next, size_t n);

/* dst = a x + b y; dst may be either. */
void rs_step_mix(float *dst, double a, const float *x, double b, const float *y, size_t n);

/* x += a (y - z) */
void rs_step_add_difference(float *x, double a, const float *y, const float *z, size_t n);

#endif
