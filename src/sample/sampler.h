/* Samplers: from a noisy latent to a clean one, step by step.
 *
 *     rs_sample_plan plan;
 *     RS_TRY(rs_sample_plan_init(arena, &levels, params, &plan, err));
 *     x = latent + plan.sigmas[0] * noise          (the generator's first draw)
 *     RS_TRY(rs_sample_run(&plan, &hooks, x, n, scratch, err));
 *
 * A sampler sees a latent as n floats in any order and knows no model: it asks
 * the denoise hook for the clean picture, and the noise hook for normals. To add
 * one: write its run function in a file of its own, declare the descriptor
 * below, and add it to the table in sampler.c. */
#ifndef RS_SAMPLE_SAMPLER_H
#define RS_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "restyle/img2img.h"

struct rs_sampler;

/* What will be executed; see plan.h for how it is made. */
typedef struct rs_sample_plan {
    const struct rs_sampler *sampler;
    double eta;           /* share of noise renewed at each step; 0 where the sampler has none */
    int n_steps;          /* 0: nothing to do, the picture passes through */
    const double *sigmas; /* [n_steps + 1], strictly falling, the last is 0 */
} rs_sample_plan;

typedef struct rs_sample_hooks {
    /* The model's guess of the clean latent in x, which holds noise of level
     * sigma > 0. denoised[0..n) never overlaps x. */
    rs_status (*denoise)(void *cookie, const float *x, double sigma, float *denoised, rs_err *err);
    void *denoise_cookie;
    /* n new normals into dst; called once per step that needs them, in order.
     * May be NULL for a plan whose eta is 0. */
    void (*noise)(void *cookie, float *dst);
    void *noise_cookie;
    /* May be NULL, or without a step. It is called before each step; the last call, with
     * step == n_steps, is left to the caller, who still has to decode. */
    const rs_progress *progress;
} rs_sample_hooks;

/* One run, as its sampler sees it. */
typedef struct rs_sampling {
    const rs_sample_plan *plan;
    const rs_sample_hooks *hooks;
    float *x; /* [n], in and out */
    size_t n;
    rs_arena *scratch; /* rewound after the run */
} rs_sampling;

typedef struct rs_sampler {
    const char *name;
    const char *help;   /* one sentence */
    bool uses_eta;      /* else eta is 0, whatever was asked for */
    double default_eta;
    rs_status (*run)(const rs_sampling *s, rs_err *err);
} rs_sampler;

extern const rs_sampler rs_sampler_euler, rs_sampler_euler_a, rs_sampler_ddim, rs_sampler_dpmpp_2m;

/* By name; an unknown one is RS_E_INVALID and the message lists those there are. */
rs_status rs_sampler_find(const char *name, const rs_sampler **out, rs_err *err);

/* Runs the plan on x[0..n) in place. Buffers of n floats come from scratch before
 * the first step and nothing is allocated after. x is undefined on failure. */
rs_status rs_sample_run(const rs_sample_plan *plan, const rs_sample_hooks *hooks, float *x, size_t n,
                        rs_arena *scratch, rs_err *err);

/* For samplers: a buffer of n floats, and the start of step i: reports progress,
 * then denoises x at sigmas[i]. */
rs_status rs_sampling_buffer(const rs_sampling *s, float **out, rs_err *err);
rs_status rs_sampling_denoise(const rs_sampling *s, int i, float *denoised, rs_err *err);

#endif
