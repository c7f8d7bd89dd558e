/* UniPC (Zhao et al. 2023, with B(h) of their equations 9 and 10), predicting the
 * clean latent: A1111's uni_pc.py with multistep and lower_order_final, and diffusers'
 * UniPCMultistepScheduler. One model call a step: the guess at a predicted point
 * first corrects that point, then serves the next prediction.
 *
 * With lambda = -log sigma, a step of h, D0 the guess at its start and Dk those of
 * earlier steps at r_k = (lambda_k - lambda_0) / h:
 *
 *     base    = next / sigma x - (e^-h - 1) D0
 *     predict = base - B sum_k p_k (Dk - D0) / r_k
 *     correct = base - B (sum_k c_k (Dk - D0) / r_k + c_last (D' - D0))
 *
 * D' is the guess at the predicted point, B = -h (bh1) or e^-h - 1 (bh2), and p, c
 * solve the paper's small linear systems. The order falls towards the end; a step
 * to 0 takes the guess as it is.
 *
 * vary_coeff (multistep_uni_pc_vary_update) solves them for every order, so that B
 * cancels out, but makes c_last of a row too few where the order is above 1. */
#include "sample/step.h"

#include <math.h>
#include <string.h>

enum { ORDER_MAX = 3 };

/* Solves a of order n <= 3 by elimination with pivots; the result is in b. */
static void solve(double a[ORDER_MAX][ORDER_MAX], double *b, int n)
{
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c + 1; r < n; r++)
            pivot = fabs(a[r][c]) > fabs(a[pivot][c]) ? r : pivot;
        for (int k = 0; k < n; k++) {
            const double swap = a[c][k];
            a[c][k] = a[pivot][k];
            a[pivot][k] = swap;
        }
        const double swap = b[c];
        b[c] = b[pivot];
        b[pivot] = swap;
        for (int r = 0; r < n; r++) {
            const double factor = r == c ? 0 : a[r][c] / a[c][c];
            for (int k = 0; k < n; k++)
                a[r][k] -= factor * a[c][k];
            b[r] -= factor * b[c];
        }
    }
    for (int c = 0; c < n; c++)
        b[c] /= a[c][c];
}

/* The weights of n differences at r[0..n): sum_k r_k^(i-1) w_k = h phi_(i+1) i! / B. */
static void weigh(const double *r, int n, double h, double big, double *w)
{
    double a[ORDER_MAX][ORDER_MAX], phi = expm1(-h) / -h - 1, factorial = 1;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++)
            a[i][k] = pow(r[k], i);
        w[i] = phi * factorial / big;
        factorial *= i + 2;
        phi = phi / -h - 1 / factorial;
    }
    solve(a, w, n);
}

/* vary_coeff: w = transposed inverse(C) f, C[i][k] = r_i^k / (k + 1)!, f_k = h phi_(k+2); the
 * corrector's sums lack the last row, its own weight takes that of the row before. */
static void weigh_varying(const double *r, int n, double h, bool correct, double *w)
{
    const int rows = correct && n > 1 ? n - 1 : n;
    double f[ORDER_MAX], phi = expm1(-h) / -h - 1, factorial = 1;
    for (int k = 0; k < n; k++) {
        f[k] = phi;
        factorial *= k + 2;
        phi = phi / -h - 1 / factorial;
    }
    for (int j = 0; j < n; j++) { /* column j of the inverse */
        double c[ORDER_MAX][ORDER_MAX], column[ORDER_MAX] = { 0 };
        column[j] = 1;
        for (int i = 0; i < n; i++) {
            c[i][0] = 1;
            for (int k = 1; k < n; k++)
                c[i][k] = c[i][k - 1] * r[i] / (k + 1);
        }
        solve(c, column, n);
        w[j] = 0;
        for (int k = 0; k < rows; k++)
            w[j] += f[k] * column[k];
        if (correct && j == n - 1)
            w[j] = f[n - 1] * column[rows - 1];
    }
}

struct unipc {
    const rs_sampling *s;
    float *d[ORDER_MAX];     /* guesses, the newest first */
    float *guess;            /* room for the next one */
    double sigma[ORDER_MAX]; /* their levels */
    float *base;             /* the step without differences */
};

/* Adds the past differences, each times -big w / r, to s->x = base. */
static void add_past(struct unipc *u, const double *w, const double *r, int order, double big)
{
    memcpy(u->s->x, u->base, u->s->n * sizeof(float));
    for (int k = 0; k < order - 1; k++)
        rs_step_add_difference(u->s->x, -big * w[k] / r[k], u->d[k + 1], u->d[0], u->s->n);
}

/* From d[0]'s level to next > 0: s->x is the predicted point, and corrected when
 * the model has been asked there (`look`), whose guess becomes the newest. */
static rs_status step(struct unipc *u, int order, int look, double next, rs_err *err)
{
    const rs_sampling *s = u->s;
    const double h = log(u->sigma[0] / next);
    const bool vary = s->plan->unipc_variant == RS_UNIPC_VARY_COEFF;
    const double big = vary ? 1 : s->plan->unipc_variant == RS_UNIPC_BH1 ? -h : expm1(-h);
    double r[ORDER_MAX], w[ORDER_MAX] = { 0.5 };
    for (int k = 0; k < order - 1; k++)
        r[k] = log(u->sigma[0] / u->sigma[k + 1]) / h;
    r[order - 1] = 1;
    rs_step_mix(u->base, next / u->sigma[0], s->x, -expm1(-h), u->d[0], s->n);
    if (vary && order > 1)
        weigh_varying(r, order - 1, h, false, w);
    else if (order > 2) /* with one difference 1/2 is near enough, the authors found */
        weigh(r, order - 1, h, big, w);
    add_past(u, w, r, order, big);
    if (!look)
        return RS_OK;
    RS_TRY(rs_step_begin(s, look, s->x, next, u->guess, err));
    w[0] = 0.5;
    if (vary)
        weigh_varying(r, order, h, true, w);
    else if (order > 1)
        weigh(r, order, h, big, w);
    add_past(u, w, r, order, big);
    rs_step_add_difference(s->x, -big * w[order - 1], u->guess, u->d[0], s->n);
    float *const oldest = u->d[ORDER_MAX - 1];
    memmove(u->d + 1, u->d, (ORDER_MAX - 1) * sizeof(u->d[0]));
    memmove(u->sigma + 1, u->sigma, (ORDER_MAX - 1) * sizeof(u->sigma[0]));
    u->d[0] = u->guess;
    u->sigma[0] = next;
    u->guess = oldest;
    return RS_OK;
}

static int order_at(const rs_sample_plan *plan, int i)
{
    int order = plan->unipc_order < ORDER_MAX ? plan->unipc_order : ORDER_MAX;
    order = order < i + 1 ? order : i + 1;
    return order < plan->n_steps - i || plan->unipc_full_order ? order : plan->n_steps - i;
}

static rs_status unipc_run(const rs_sampling *s, rs_err *err)
{
    const rs_sample_plan *plan = s->plan;
    struct unipc u = { .s = s, .sigma = { plan->sigmas[0] } };
    for (int k = 0; k < ORDER_MAX; k++)
        RS_TRY(rs_step_buffer(s, &u.d[k], err));
    RS_TRY(rs_step_buffer(s, &u.guess, err));
    RS_TRY(rs_step_buffer(s, &u.base, err));
    RS_TRY(rs_step_begin(s, 0, s->x, plan->sigmas[0], u.d[0], err));
    for (int i = 0; i < plan->n_steps; i++) {
        const double next = plan->sigmas[i + 1];
        const bool last = i + 1 == plan->n_steps;
        if (next == 0)
            memcpy(s->x, u.d[0], s->n * sizeof(float));
        else
            RS_TRY(step(&u, order_at(plan, i), last ? 0 : i + 1, next, err));
    }
    return RS_OK;
}

const rs_sampler rs_sampler_unipc = {
    .name = "unipc",
    .help = "UniPC: predictor and corrector of third order, one model call a step, good in few steps",
    .scheduler = "uniform",
    .flags = RS_SAMPLER_TIMESTEPS | RS_SAMPLER_UNIPC | RS_SAMPLER_ONE_MORE,
    .run = unipc_run,
};
