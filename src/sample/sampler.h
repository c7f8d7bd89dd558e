/* Samplers: from a noisy latent to a clean one, step by step.
 *
 *     rs_sample_plan plan;
 *     RS_TRY(rs_sample_plan_init(arena, &levels, params, &plan, err));
 *     x = the latent; rs_sample_start(&plan, x, noise, n)   (the generator's first draw)
 *     RS_TRY(rs_sample_run(&plan, &hooks, x, n, scratch, err));
 *
 * A sampler sees a latent as n floats in any order and knows no model: it asks
 * the denoise hook for the clean picture, and the noise hooks for normals. To add
 * one: write its run function in a file of its own, declare the descriptor
 * below, and add it to the table in sampler.c. */
#ifndef RS_SAMPLE_SAMPLER_H
#define RS_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "restyle/img2img.h"
#include "sample/brownian.h"
#include "sample/levels.h"

struct rs_sampler;

/* What will be executed; see plan.h for how it is made. Controls that the sampler
 * does not use stand at the values that do nothing. */
typedef struct rs_sample_plan {
    const struct rs_sampler *sampler;
    const rs_noise_levels *levels; /* what the denoise hook must count timesteps with */
    double eta;           /* share of noise renewed at each step */
    double s_churn, s_tmin, s_tmax, s_noise; /* see rs_sampling_params; s_tmax may be infinite */
    int unipc_order;
    rs_unipc_variant unipc_variant;
    rs_unipc_skip unipc_skip;
    bool unipc_full_order; /* to the end */
    int n_steps;          /* 0: nothing to do, the picture passes through */
    /* [n_steps + 1], strictly falling; the last is 0, but for a1111_steps and targets */
    const double *sigmas;
    /* NULL, or of RS_SAMPLER_STRIDES [n_steps]: where each step leads, when that need not be
     * the next of sigmas, which may then be equal; the picture is taken to it as it is. For
     * RS_SAMPLER_REPEATS steps are calls, and the second steps from again_sigma. */
    const double *targets;
    double again_sigma;
    double low, high;     /* the levels that Brownian motion spans: the whole schedule's */
    /* The start is start_scale * (latent + noise * (start_sigma * noise_multiplier +
     * extra)), the result is end_scale times the sampler's: both scales are 1, and
     * start_sigma sigmas[0], but for a1111_steps; end_scale is not 1 after targets either. */
    double start_sigma, start_scale, end_scale;
    double noise_multiplier, extra_noise;
} rs_sample_plan;

typedef struct rs_sample_hooks {
    /* The model's guess of the clean latent in x, which holds noise of level
     * sigma > 0. denoised[0..n) never overlaps x. */
    rs_status (*denoise)(void *cookie, const float *x, double sigma, float *denoised, rs_err *err);
    void *denoise_cookie;
    /* n new normals into dst, in the order they are needed. May be NULL for a plan
     * whose sampler adds no noise. */
    void (*noise)(void *cookie, float *dst);
    /* For Brownian motion, whose roots are the seeds of the pictures: x is n_pictures
     * latents one behind the other. */
    rs_seeded_noise *seeded_noise;
    void *noise_cookie;
    const uint64_t *seeds;
    int n_pictures;
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
    rs_arena *scratch;      /* rewound after the run */
    rs_brownian *brownian;  /* NULL: noise is a row of draws */
} rs_sampling;

enum {
    RS_SAMPLER_ETA = 1,           /* takes eta; else it is 0, whatever was asked for */
    RS_SAMPLER_CHURN = 2,         /* takes s_churn, s_tmin, s_tmax */
    RS_SAMPLER_S_NOISE = 4,       /* takes s_noise */
    RS_SAMPLER_BROWNIAN = 8,      /* its noise is Brownian motion over the levels */
    RS_SAMPLER_DISCARD = 16,      /* leaves out the last level but one, unless told otherwise */
    RS_SAMPLER_THIN = 32,         /* knows only the 50 levels of rs_noise_levels_thin */
    RS_SAMPLER_SECOND_ORDER = 64, /* two denoise calls a step, but for the last; A1111 counts
                                     the steps of prompts twice for these */
    RS_SAMPLER_TIMESTEPS = 128,   /* A1111 runs it over timesteps of its own (a1111_steps) */
    RS_SAMPLER_NOISE = 256,       /* adds noise even with eta 0 and without churn */
    RS_SAMPLER_UNIPC = 512,       /* takes what begins with unipc_ */
    RS_SAMPLER_ALONE = 1024,      /* its steps depend on the picture: one at a time */
    /* With scheduler `diffusers`, see spacing.h: */
    RS_SAMPLER_STRIDES = 2048,    /* takes targets: DDIM, PNDM */
    RS_SAMPLER_REPEATS = 4096,    /* makes its first step twice: PNDM */
    RS_SAMPLER_ONE_MORE = 8192    /* a point more, without the last: DPM++ 2M, UniPC */
};

typedef struct rs_sampler {
    const char *name;
    const char *help;      /* one sentence */
    const char *scheduler; /* what `automatic` stands for: as A1111 since 1.9 */
    unsigned flags;
    double default_eta;
    rs_status (*run)(const rs_sampling *s, rs_err *err);
} rs_sampler;

extern const rs_sampler rs_sampler_euler, rs_sampler_euler_a, rs_sampler_ddim, rs_sampler_heun,
    rs_sampler_restart, rs_sampler_lms, rs_sampler_plms, rs_sampler_dpm2, rs_sampler_dpm2_a,
    rs_sampler_dpmpp_2s_a, rs_sampler_dpmpp_2m, rs_sampler_dpmpp_sde, rs_sampler_dpmpp_2m_sde,
    rs_sampler_dpmpp_2m_sde_heun, rs_sampler_dpmpp_3m_sde, rs_sampler_dpm_fast,
    rs_sampler_dpm_adaptive, rs_sampler_unipc, rs_sampler_lcm, rs_sampler_tcd;

/* By name; an unknown one is RS_E_INVALID and the message lists those there are. */
rs_status rs_sampler_find(const char *name, const rs_sampler **out, rs_err *err);

/* Whether a run with this eta and s_churn draws noise after the first. */
bool rs_sampler_draws(const rs_sampler *sampler, double eta, double s_churn);

/* Noises x[0..n), a clean latent, for the plan's first step. */
void rs_sample_start(const rs_sample_plan *plan, float *x, const float *noise, size_t n);

/* Runs the plan on x[0..n) in place. Buffers of n floats come from scratch before
 * the first step and nothing is allocated after. x is undefined on failure. */
rs_status rs_sample_run(const rs_sample_plan *plan, const rs_sample_hooks *hooks, float *x, size_t n,
                        rs_arena *scratch, rs_err *err);

#endif
