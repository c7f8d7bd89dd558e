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

struct loops {
    rs_model *m;
    rs_img2img_params p;
    const rs_loops *l;
    const rs_inpaint_params *ip;       /* NULL: no mask */
    const rs_inpaint_picture *picture; /* with a mask */
    const rs_image *init;
    rs_script_progress progress;
};

/* Every loop of a frame works on the same box, smoothed once. */
static rs_status inpaint_once(struct loops *r, int i, const rs_image *init, rs_image *out,
                              const rs_progress *steps, rs_err *err)
{
    rs_inpaint_params ip = *r->ip;
    rs_inpaint_picture in = *r->picture;
    rs_inpaint_box box;
    in.init = init;
    if (i > 0) { /* over the output before, whose unmasked pixels are the original's */
        ip.content = RS_INPAINT_ORIGINAL;
        in.original = NULL;
    }
    if (in.box) {
        box = *in.box;
        in.box = &box;
    }
    RS_TRY(rs_inpaint(r->m, &r->p, &ip, &in, out, steps, err));
    if (in.box && i + 1 == r->l->count)
        *r->picture->box = box;
    return RS_OK;
}

static rs_status run(struct loops *r, rs_image *out, rs_image *other, rs_err *err)
{
    const float initial = r->p.strength;
    const rs_progress steps = { rs_script_step, &r->progress };
    for (int i = 0; i < r->l->count; i++, r->p.seed++) {
        const rs_image *init = i ? other : r->init;
        r->p.strength = rs_loops_strength(r->l, initial, i);
        if (r->ip)
            RS_TRY(inpaint_once(r, i, init, out, &steps, err));
        else
            RS_TRY(rs_img2img(r->m, &r->p, init, out, &steps, err));
        r->p.latent_size = (rs_size){ 0 }; /* the first loop has reached it */
        if (i + 1 < r->l->count) {
            const rs_image swap = *out;
            *out = *other;
            *other = swap;
        }
        rs_script_next(&r->progress, rs_img2img_steps(&r->p));
    }
    return RS_OK;
}

static rs_status run_all(struct loops *r, rs_image *out, rs_err *err)
{
    const float initial = r->p.strength;
    rs_image other = { 0 };
    if (r->l->count < 1)
        return RS_FAIL(err, RS_E_RANGE, "%d loops, expected 1 or more", r->l->count);
    if (!r->p.color_target)
        r->p.color_target = r->init;
    for (int i = 0; i < r->l->count; i++) {
        r->p.strength = rs_loops_strength(r->l, initial, i);
        r->progress.n_steps += rs_img2img_steps(&r->p);
    }
    r->p.strength = initial;
    const rs_status s = run(r, out, &other, err);
    rs_image_release(&other);
    return s;
}

rs_status rs_img2img_loops(rs_model *model, const rs_img2img_params *params, const rs_loops *loops,
                           const rs_image *init, rs_image *out, const rs_progress *progress,
                           rs_err *err)
{
    struct loops r = { .m = model, .p = *params, .l = loops, .init = init,
                       .progress = { .progress = progress } };
    return run_all(&r, out, err);
}

rs_status rs_inpaint_loops(rs_model *model, const rs_img2img_params *params,
                           const rs_inpaint_params *inpaint, const rs_loops *loops,
                           const rs_inpaint_picture *picture, rs_image *out, const rs_progress *progress,
                           rs_err *err)
{
    struct loops r = { .m = model, .p = *params, .l = loops, .ip = inpaint, .picture = picture,
                       .init = picture->init, .progress = { .progress = progress } };
    return run_all(&r, out, err);
}
