/* A1111's own step rule of DDIM, PLMS and UniPC in img2img, for `compat`.
 *
 * Those samplers run over integer timesteps (modules/sd_samplers_timesteps.py): with
 * T = range(0, 1000, 1000 // steps) + 1 and t_enc = int(min(strength, .999) * steps)
 * the picture is noised for T[t_enc], but the first model call takes it for
 * T[t_enc - 1]. DDIM and PLMS end at T[0] = 1 without asking the model there, t_enc - 1
 * steps in all; UniPC makes t_enc even steps from T[t_enc - 1] to timestep 0. The
 * scheduler plays no part. */
#ifndef RS_SAMPLE_QUIRK_H
#define RS_SAMPLE_QUIRK_H

#include "sample/plan.h"

/* Sets the levels and scales of plan, whose sampler and levels are set. Errors:
 * RS_E_RANGE when there are too few steps for the sampler (A1111 fails, or returns
 * noise). */
rs_status rs_plan_a1111_timesteps(rs_arena *arena, rs_step_range range, rs_sample_plan *plan, rs_err *err);

#endif
