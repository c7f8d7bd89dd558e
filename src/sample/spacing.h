/* diffusers' timesteps, for scheduler `diffusers`: of n steps out of T timesteps
 * (np.rint where a scheduler wants whole ones)
 *
 *     leading    offset + i * (T // n)
 *     linspace   i * (T - 1) / (n - 1)
 *     trailing   T - (n - i) * T / n - 1, rounded, from the end
 *
 * as scheduler_config.json's timestep_spacing says, or each class has it when that says
 * nothing: leading for DDIM and PNDM, linspace for the others (src/diffusers/schedulers,
 * 0.42). DPM++ 2M and UniPC take n + 1 of the first two and leave out the last.
 *
 * DDIM and PNDM step from t to t - T // n, wherever the next timestep is, and from the
 * last to alphas_cumprod[0], or 1 with set_alpha_to_one. PNDM (skip_prk_steps) has its
 * second timestep twice and asks the model once more; img2img cuts that list as it does
 * the others', so that mostly neither is there, and all but the first two steps are one
 * timestep ahead of the picture's noise. */
#ifndef RS_SAMPLE_SPACING_H
#define RS_SAMPLE_SPACING_H

#include "sample/plan.h"

/* How a sampler's class in diffusers has it: whole timesteps, and spacing for OWN. */
typedef struct rs_spacing_class {
    bool whole;
    rs_spacing own;
} rs_spacing_class;

rs_spacing_class rs_spacing_of(const rs_sampler *sampler);

/* The level of point i of n, the largest first; between two timesteps sigma is
 * interpolated, as diffusers does. */
double rs_spaced_sigma(const rs_noise_levels *levels, rs_spacing_class of, int64_t i, int64_t n);

/* Whether the sampler takes a point more and leaves out the last. */
bool rs_spacing_discards(const rs_noise_levels *levels, const rs_sampler *sampler);

/* Levels, targets and scales of plan, whose sampler (RS_SAMPLER_STRIDES) and levels are
 * set. Errors: RS_E_NOMEM. */
rs_status rs_plan_diffusers_strides(rs_arena *arena, rs_step_range range, rs_sample_plan *plan, rs_err *err);

#endif
