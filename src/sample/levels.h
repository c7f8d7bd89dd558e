/* The noise levels a model was trained on.
 *
 * Samplers count noise as sigma: x = picture + sigma * noise, the picture itself
 * unscaled. A network counts timesteps 0 .. n-1. This is the table between the
 * two; between its rows log sigma is interpolated, so that any sigma has a
 * (fractional) timestep and back. */
#ifndef RS_SAMPLE_LEVELS_H
#define RS_SAMPLE_LEVELS_H

#include "base/arena.h"
#include "base/err.h"
#include "weights/bundle.h"

#define RS_MAX_TRAIN_STEPS 100000

typedef struct rs_noise_levels {
    int n;                       /* rows, at least 2: train_steps, or fewer in a thinned table */
    int first, stride;           /* row k is timestep first + k * stride: 0 and 1 but when thinned */
    rs_prediction prediction;
    const float *alphas_cumprod; /* [n], share of the picture's variance; falls with t */
    const double *sigmas;        /* [n], sqrt((1 - a) / a); rises with t */
    const double *log_sigmas;    /* [n] */
    rs_timestep_rule timesteps;  /* for scheduler `diffusers` */
    bool whole;                  /* the network is told the nearest row's timestep */
} rs_noise_levels;

/* The tables live in arena. Betas that do not make a rising, finite row of
 * sigmas are RS_E_FORMAT. */
rs_status rs_noise_levels_init(rs_arena *arena, const rs_noise_config *config, rs_noise_levels *out,
                               rs_err *err);

/* The 50 levels that consistency models learn from, 20 timesteps apart counted from
 * the last: A1111's LCMCompVisDenoiser (modules/sd_samplers_lcm.py) and diffusers'
 * original_inference_steps. Also in arena. */
rs_status rs_noise_levels_thin(rs_arena *arena, const rs_noise_levels *levels, rs_noise_levels *out,
                               rs_err *err);

/* The row of a sigma: 0 <= result <= n-1, fractional, interpolated in log sigma; one
 * outside the table takes its nearest end. sigma > 0. */
double rs_sigma_to_row(const rs_noise_levels *levels, double sigma);
/* row is clamped to 0 .. n-1. */
double rs_row_to_sigma(const rs_noise_levels *levels, double row);

/* The timestep to tell the network. A thinned table knows no timesteps between its
 * rows and gives the nearest, in log sigma, as does a whole one. */
double rs_sigma_to_t(const rs_noise_levels *levels, double sigma);

#endif
