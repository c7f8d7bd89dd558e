/* A1111's scripts/loopback.py. It passes bytes from loop to loop; here floats go round,
 * so loops add no rounding. */
#include <math.h>

#include "base/err.h"
#include "restyle/scripts.h"
#include "stage/script_progress.h"

float rs_loops_strength(const rs_loops *loops, float initial, int loop)
{
    const double half_pi = 1.57079632679489661923;
    if (loops->count <= 1)
        return initial;
    double x = (double)loop / (loops->count - 1);
    if (loops->curve == RS_LOOPS_AGGRESSIVE)
        x = sin(x * half_pi);
    else if (loops->curve == RS_LOOPS_LAZY)
        x = 1 - cos(x * half_pi);
    return (float)((double)initial + ((double)loops->final_strength - (double)initial) * x);
}

static rs_status run(rs_model *model, rs_img2img_params *p, const rs_loops *loops, const rs_image *init,
                     rs_image *out, rs_image *other, rs_script_progress *progress, rs_err *err)
{
    const float initial = p->strength;
    const rs_progress steps = { rs_script_step, progress };
    for (int i = 0; i < loops->count; i++, p->seed++) {
        p->strength = rs_loops_strength(loops, initial, i);
        RS_TRY(rs_img2img(model, p, i ? other : init, out, &steps, err));
        p->latent_size = (rs_size){ 0 }; /* the first loop has reached it */
        if (i + 1 < loops->count) {
            const rs_image swap = *out;
            *out = *other;
            *other = swap;
        }
        rs_script_next(progress, rs_img2img_steps(p));
    }
    return RS_OK;
}

rs_status rs_img2img_loops(rs_model *model, const rs_img2img_params *params, const rs_loops *loops,
                           const rs_image *init, rs_image *out, const rs_progress *progress,
                           rs_err *err)
{
    rs_img2img_params p = *params;
    rs_script_progress all = { .progress = progress };
    rs_image other = { 0 };
    if (loops->count < 1)
        return RS_FAIL(err, RS_E_RANGE, "%d loops, expected 1 or more", loops->count);
    if (!p.color_target)
        p.color_target = init;
    for (int i = 0; i < loops->count; i++) {
        p.strength = rs_loops_strength(loops, params->strength, i);
        all.n_steps += rs_img2img_steps(&p);
    }
    p.strength = params->strength;
    const rs_status s = run(model, &p, loops, init, out, &other, &all, err);
    rs_image_release(&other);
    return s;
}
