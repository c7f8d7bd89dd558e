/* The differences that networks add to weights, computed in floats, row by row and in
 * an order that no number of threads changes. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kern.h"
#include "weights/net_module.h"

#define ROWS ((size_t)32) /* that one thread computes at a time */

/* A matrix [n, k] as a product, or whole when left is NULL. */
struct lowrank {
    size_t n, k, r, ld; /* ld: of left, r unless only a part of it counts */
    const float *left;  /* [n, r], or its transpose [r, n] */
    bool transposed;
    const float *right; /* [r, k], or [n, k] */
};

struct delta {
    rs_arena *arena;
    const rs_net_module *m;
    const rs_kern *kern;
    size_t n, c, taps, k; /* of what the difference covers: k = c * taps */
    size_t ldw;           /* of the weights */
    const float *w;
    float *d;             /* [n, k] */
    float *spare;         /* LoHa: [threads, k] */
    struct lowrank a, b;  /* LoRA: a; LoHa, LoKr: both */
    const float *vector;  /* IA3's factors */
};

static rs_status values(struct delta *x, rs_net_role role, const float **out, rs_err *err)
{
    const rs_wtensor *t = x->m->t[role];
    return rs_wtensor_f32(x->arena, t, t->rank, t->shape, out, err);
}

static rs_status room(struct delta *x, size_t rows, size_t columns, float **out, rs_err *err)
{
    size_t n, bytes;
    *out = NULL;
    if (rs_mul_size(rows, columns, &n) && rs_mul_size(n, sizeof(float), &bytes))
        *out = rs_arena_alloc(x->arena, bytes);
    return *out ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory to merge networks into '%s'",
                                  x->m->target->layer);
}

/* core [r, s, taps] with the second axis replaced by b's channels, b: [s, c] -> [r, c, taps] */
static rs_status through_core(struct delta *x, const rs_wtensor *core, const float *b, size_t c,
                              rs_net_role role, const float **out, rs_err *err)
{
    const size_t r = (size_t)core->shape[0], taps = x->taps, s = core->count / (r * taps);
    const float *t;
    float *y;
    RS_TRY(values(x, role, &t, err));
    RS_TRY(room(x, r, c * taps, &y, err));
    for (size_t i = 0; i < r; i++) {
        for (size_t j = 0; j < c; j++) {
            float *to = y + (i * c + j) * taps;
            memset(to, 0, taps * sizeof(*to));
            for (size_t q = 0; q < s; q++)
                x->kern->axpby(to, 1, to, b[q * c + j], t + (i * s + q) * taps, taps);
        }
    }
    *out = y;
    return RS_OK;
}

/* n rows of c channels as the product of a and b, in between a core or not. tucker: a is
 * transposed and b has channels only, as LyCORIS writes them; a LoRA's are not. */
static rs_status product(struct delta *x, rs_net_role a, rs_net_role b, rs_net_role core, bool tucker,
                         size_t n, size_t c, struct lowrank *out, rs_err *err)
{
    const rs_net_module *m = x->m;
    struct lowrank l = { .n = n, .k = c * x->taps, .transposed = tucker && m->t[core] };
    RS_TRY(values(x, a, &l.left, err));
    RS_TRY(values(x, b, &l.right, err));
    if (m->t[core])
        RS_TRY(through_core(x, m->t[core], l.right, c, core, &l.right, err));
    l.r = l.ld = m->t[a]->count / n;
    *out = l;
    return RS_OK;
}

/* dst = row i */
static void row(const struct delta *x, const struct lowrank *l, size_t i, float *dst)
{
    if (!l->left) {
        memcpy(dst, l->right + i * l->k, l->k * sizeof(*dst));
        return;
    }
    memset(dst, 0, l->k * sizeof(*dst));
    for (size_t s = 0; s < l->r; s++) {
        const float f = l->transposed ? l->left[s * l->n + i] : l->left[i * l->ld + s];
        x->kern->axpby(dst, 1, dst, f, l->right + s * l->k, l->k);
    }
}

/* A factor of a Kronecker product as a whole matrix. */
static rs_status whole(struct delta *x, struct lowrank *l, rs_err *err)
{
    float *all;
    if (!l->left)
        return RS_OK;
    RS_TRY(room(x, l->n, l->k, &all, err));
    for (size_t i = 0; i < l->n; i++)
        row(x, l, i, all + i * l->k);
    *l = (struct lowrank){ .n = l->n, .k = l->k, .right = all };
    return RS_OK;
}

static rs_status prepare_lokr(struct delta *x, rs_err *err)
{
    const rs_net_module *m = x->m;
    const rs_wtensor *w1 = m->t[RS_NET_LOKR_1], *w2 = m->t[RS_NET_LOKR_2];
    const rs_wtensor *rows = w1 ? w1 : m->t[RS_NET_LOKR_1A], *cols = w1 ? w1 : m->t[RS_NET_LOKR_1B];
    const size_t e = (size_t)(rows->rank ? rows->shape[0] : 1);
    const size_t f = (size_t)(cols->rank > 1 ? cols->shape[1] : 1);
    const size_t taps = x->taps, n = x->n / e, c = x->c / f;
    if (w1) {
        x->a = (struct lowrank){ .n = e, .k = f };
        RS_TRY(values(x, RS_NET_LOKR_1, &x->a.right, err));
    } else {
        x->taps = 1;
        RS_TRY(product(x, RS_NET_LOKR_1A, RS_NET_LOKR_1B, RS_NET_MID, false, e, f, &x->a, err));
        x->taps = taps;
    }
    if (w2) {
        x->b = (struct lowrank){ .n = n, .k = c * taps };
        RS_TRY(values(x, RS_NET_LOKR_2, &x->b.right, err));
    } else {
        RS_TRY(product(x, RS_NET_LOKR_2A, RS_NET_LOKR_2B, RS_NET_LOKR_T2, true, n, c, &x->b, err));
    }
    RS_TRY(whole(x, &x->a, err));
    return whole(x, &x->b, err);
}

static rs_status prepare(struct delta *x, int threads, rs_err *err)
{
    switch (x->m->kind) {
    case RS_NET_LORA:
        return product(x, RS_NET_UP, RS_NET_DOWN, RS_NET_MID, false, x->n, x->c, &x->a, err);
    case RS_NET_HADA:
        RS_TRY(product(x, RS_NET_HADA_1A, RS_NET_HADA_1B, RS_NET_HADA_T1, true, x->n, x->c, &x->a, err));
        RS_TRY(product(x, RS_NET_HADA_2A, RS_NET_HADA_2B, RS_NET_HADA_T2, true, x->n, x->c, &x->b, err));
        return room(x, (size_t)threads, x->k, &x->spare, err);
    case RS_NET_LOKR: return prepare_lokr(x, err);
    case RS_NET_SCALED: return values(x, RS_NET_IA3, &x->vector, err);
    default:
        x->a = (struct lowrank){ .n = x->n, .k = x->k };
        return values(x, RS_NET_DIFF, &x->a.right, err);
    }
}

static void lokr_row(const struct delta *x, size_t i, float *dst)
{
    const float *a = x->a.right + i / x->b.n * x->a.k, *b = x->b.right + i % x->b.n * x->b.k;
    for (size_t j = 0; j < x->a.k; j++)
        x->kern->axpby(dst + j * x->b.k, a[j], b, 0, b, x->b.k);
}

static void ia3_row(const struct delta *x, size_t i, float *dst)
{
    const float *w = x->w + i * x->ldw;
    for (size_t j = 0; j < x->k; j++)
        dst[j] = w[j] * x->vector[x->m->on_input ? j / x->taps : i];
}

static void rows_job(void *arg, size_t index, int worker)
{
    const struct delta *x = arg;
    const size_t end = (index + 1) * ROWS < x->n ? (index + 1) * ROWS : x->n;
    for (size_t i = index * ROWS; i < end; i++) {
        float *d = x->d + i * x->k;
        switch (x->m->kind) {
        case RS_NET_HADA: {
            float *other = x->spare + (size_t)worker * x->k;
            row(x, &x->a, i, d);
            row(x, &x->b, i, other);
            for (size_t j = 0; j < x->k; j++)
                d[j] *= other[j];
            break;
        }
        case RS_NET_LOKR: lokr_row(x, i, d); break;
        case RS_NET_SCALED: ia3_row(x, i, d); break;
        default: row(x, &x->a, i, d); break;
        }
        x->kern->axpby(d, x->m->scale, d, 0, d, x->k);
    }
}

/* Where LyCORIS divides by a length it adds this, so that nothing is divided by zero. */
#define EPS 1.1920929e-07

/* d = length / |w + d| * (w + d) - w, by row or by input channel */
static rs_status dora(struct delta *x, rs_err *err)
{
    const bool rows = x->m->dora_rows;
    const size_t count = rows ? x->n : x->c;
    const float *length;
    RS_TRY(values(x, x->m->dora, &length, err));
    double *sums = RS_NEW_N(x->arena, double, count);
    if (!sums)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to merge networks into '%s'", x->m->target->layer);
    for (size_t i = 0; i < x->n; i++) {
        for (size_t j = 0; j < x->k; j++) {
            const double v = (double)x->w[i * x->ldw + j] + (double)x->d[i * x->k + j];
            sums[rows ? i : j / x->taps] += v * v;
        }
    }
    for (size_t s = 0; s < count; s++)
        sums[s] = (double)length[s] / (sqrt(sums[s]) + EPS);
    for (size_t i = 0; i < x->n; i++) {
        for (size_t j = 0; j < x->k; j++) {
            const double w = (double)x->w[i * x->ldw + j], v = w + (double)x->d[i * x->k + j];
            x->d[i * x->k + j] = (float)(sums[rows ? i : j / x->taps] * v - w);
        }
    }
    return RS_OK;
}

static void start(struct delta *x, rs_arena *arena, const rs_net_module *m, const float *w)
{
    const rs_net_target *g = m->target;
    *x = (struct delta){ .arena = arena, .m = m, .kern = rs_kern_active(), .w = w, .taps = 1,
                         .n = (size_t)g->shape[0], .c = (size_t)rs_net_module_channels(m) };
    for (int i = 2; i < g->rank; i++)
        x->taps *= (size_t)g->shape[i];
    x->k = x->c * x->taps;
    x->ldw = g->rank > 1 ? (size_t)g->shape[1] * x->taps : 1;
}

rs_status rs_net_module_add(rs_arena *arena, const rs_net_module *m, float multiplier, int dyn,
                            rs_pool *pool, float *w, rs_err *err)
{
    struct delta x;
    if (m->kind == RS_NET_NONE)
        return RS_OK;
    start(&x, arena, m, w);
    RS_TRY(room(&x, x.n, x.k, &x.d, err));
    RS_TRY(prepare(&x, rs_pool_threads(pool), err));
    if (dyn && m->kind == RS_NET_LORA && !m->t[RS_NET_MID] && (size_t)dyn < x.a.r)
        x.a.r = (size_t)dyn;
    rs_par_for(pool, (x.n + ROWS - 1) / ROWS, rows_job, &x);
    if (m->t[RS_NET_DORA] || m->t[RS_NET_MAGNITUDE])
        RS_TRY(dora(&x, err));
    for (size_t i = 0; i < x.n; i++) {
        float *to = w + i * x.ldw;
        x.kern->axpby(to, 1, to, multiplier, x.d + i * x.k, x.k);
    }
    return RS_OK;
}

rs_status rs_net_module_add_bias(rs_arena *arena, const rs_net_module *m, float multiplier, float *bias,
                                 rs_err *err)
{
    struct delta x;
    const float *b;
    if (!m->t[RS_NET_BIAS])
        return RS_OK;
    start(&x, arena, m, bias);
    RS_TRY(values(&x, RS_NET_BIAS, &b, err));
    x.kern->axpby(bias, 1, bias, multiplier, b, x.n);
    return RS_OK;
}
