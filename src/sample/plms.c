/* PLMS (Liu et al. 2022, pseudo numerical methods on manifolds), as A1111's plms
 * and diffusers' PNDMScheduler with skip_prk_steps: Adams-Bashforth on the noise
 * that the model sees, as if its levels were evenly spaced. In the variables used
 * here DDIM's transfer is a line, x += (next - sigma) * e. The first step looks
 * ahead, and so makes two model calls. With scheduler `diffusers` it does what
 * PNDMScheduler makes of the list of timesteps that img2img has cut (spacing.h). */
#include "sample/step.h"

#include <string.h>

enum { HISTORY = 4 };

static void noise_of(const rs_sampling *s, float *e, const float *x, const float *denoised, double sigma)
{
    rs_step_mix(e, 1 / sigma, x, -1 / sigma, denoised, s->n);
}

/* The weights of this and earlier steps' noise, by how many there are. */
static const double weights[HISTORY][HISTORY] = {
    { 1 },
    { 3.0 / 2, -1.0 / 2 },
    { 23.0 / 12, -16.0 / 12, 5.0 / 12 },
    { 55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24 },
};

/* One model call: asked at level `at`, it takes the picture from level `from` to `to`. */
struct move {
    double at, from, to;
};

static int count_moves(const rs_sample_plan *plan)
{
    return plan->targets ? plan->n_steps : plan->n_steps + (plan->sigmas[1] > 0);
}

/* The first step is made twice: move 1 asks where move 0 has led, and goes again. */
static struct move move_of(const rs_sampling *s, int k)
{
    const double *sigmas = s->plan->sigmas;
    if (s->plan->targets)
        return (struct move){ sigmas[k], k == 1 ? s->plan->again_sigma : sigmas[k], rs_step_target(s, k) };
    if (k == 1)
        return (struct move){ sigmas[1], sigmas[0], sigmas[1] };
    const int i = k > 0 ? k - 1 : 0;
    return (struct move){ sigmas[i], sigmas[i], sigmas[i + 1] };
}

struct plms {
    float *denoised, *start, *second;
    float *e[HISTORY]; /* the noise of move k: e[k % HISTORY], not counting move 1 */
};

/* Move 1: from `start`, by the mean of the two noises. */
static void go_again(const rs_sampling *s, const struct plms *p, struct move m, double began)
{
    const double h = m.to - m.from;
    memcpy(s->x, p->start, s->n * sizeof(float));
    rs_step_claim(s->x, began, m.from, s->n);
    rs_step_mix(s->x, 1, s->x, h / 2, p->e[0], s->n);
    rs_step_mix(s->x, 1, s->x, h / 2, p->second, s->n);
}

static void go(const rs_sampling *s, const struct plms *p, struct move m, int made)
{
    const int last = made < HISTORY - 1 ? made : HISTORY - 1;
    for (int j = 0; j <= last; j++)
        rs_step_mix(s->x, 1, s->x, (m.to - m.from) * weights[last][j], p->e[(made - j) % HISTORY], s->n);
}

static rs_status ask(const rs_sampling *s, const struct plms *p, int k, double at, float *e, rs_err *err)
{
    if (k == 1 && !s->plan->targets)
        RS_TRY(rs_step_denoise(s, s->x, at, p->denoised, err));
    else
        RS_TRY(rs_step_begin(s, k > 1 && !s->plan->targets ? k - 1 : k, s->x, at, p->denoised, err));
    noise_of(s, e, s->x, p->denoised, at);
    return RS_OK;
}

static rs_status plms_run(const rs_sampling *s, rs_err *err)
{
    struct plms p;
    RS_TRY(rs_step_buffer(s, &p.denoised, err));
    RS_TRY(rs_step_buffer(s, &p.start, err));
    RS_TRY(rs_step_buffer(s, &p.second, err));
    for (int k = 0; k < HISTORY; k++)
        RS_TRY(rs_step_buffer(s, &p.e[k], err));
    double level = s->plan->sigmas[0];
    memcpy(p.start, s->x, s->n * sizeof(float));
    for (int k = 0; k < count_moves(s->plan); k++) {
        const struct move m = move_of(s, k);
        const int made = k > 0 ? k - 1 : 0;
        rs_step_claim(s->x, level, m.at, s->n);
        RS_TRY(ask(s, &p, k, m.at, k == 1 ? p.second : p.e[made % HISTORY], err));
        if (k == 1)
            go_again(s, &p, m, s->plan->sigmas[0]);
        else
            go(s, &p, m, made);
        level = m.to;
    }
    return RS_OK;
}

const rs_sampler rs_sampler_plms = {
    .name = "plms",
    .help = "pseudo linear multistep (PNDM): the last four steps together, one model call a step",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_TIMESTEPS | RS_SAMPLER_STRIDES | RS_SAMPLER_REPEATS,
    .run = plms_run,
};
