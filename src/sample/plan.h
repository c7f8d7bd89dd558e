/* Strength and steps, made into the noise levels that a run goes through. */
#ifndef RS_SAMPLE_PLAN_H
#define RS_SAMPLE_PLAN_H

#include <stdint.h>

#include "sample/levels.h"
#include "sample/sampler.h"

#define RS_MAX_STEPS 10000

/* The last n_steps points of a schedule of total points. */
typedef struct rs_step_range {
    int64_t total;
    int n_steps;
} rs_step_range;

/* Strength counts as the shortest decimal it was written as (0.55f is 0.55) and
 * the arithmetic is Python's, so that counts agree with peers in every case:
 *   a1111      int(min(strength, 0.999) * steps) + 1 of steps points
 *   exact      steps of int(steps / min(strength, 0.999)) points
 *   diffusers  int(steps * strength) of steps points; may be 0
 *   sdcpp      int(steps * strength) + 1 of steps points, at most steps, the product
 *              in single precision
 * Zero steps at strength 0, where A1111 would still run one, and for numbers
 * outside their limits. */
rs_step_range rs_step_rule(rs_steps_mode mode, float strength, int steps);

/* With comfyui_noise it is as in ComfyUI (comfy/samplers.py, comfy/model_sampling.py): a
 * start at the largest level has noise times sqrt(1 + sigma^2), Brownian motion spans the
 * levels that are run, UniPC discards a level and DPM++ 3M SDE does not, and a list that is
 * longer than asked for loses its first ones.
 *
 * Reads the parameters of steps, sampler, scheduler and `sampling`. The levels live
 * in arena, and the plan uses `levels` as long as it lives. n_steps may differ from
 * the rule's: some schedules have a level more or less. Errors: RS_E_RANGE for a
 * number outside its limits, RS_E_INVALID for an unknown name. */
rs_status rs_sample_plan_init(rs_arena *arena, const rs_noise_levels *levels,
                              const rs_img2img_params *params, rs_sample_plan *out, rs_err *err);

#endif
