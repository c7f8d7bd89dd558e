/* Checking what a network file brings for a layer. */
#include "weights/net_module.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_RANK 65536

static const char *const role_names[RS_NET_ROLES] = {
    [RS_NET_UP] = "lora_up", [RS_NET_DOWN] = "lora_down", [RS_NET_MID] = "lora_mid",
    [RS_NET_HADA_1A] = "hada_w1_a", [RS_NET_HADA_1B] = "hada_w1_b", [RS_NET_HADA_2A] = "hada_w2_a",
    [RS_NET_HADA_2B] = "hada_w2_b", [RS_NET_HADA_T1] = "hada_t1", [RS_NET_HADA_T2] = "hada_t2",
    [RS_NET_LOKR_1] = "lokr_w1", [RS_NET_LOKR_1A] = "lokr_w1_a", [RS_NET_LOKR_1B] = "lokr_w1_b",
    [RS_NET_LOKR_2] = "lokr_w2", [RS_NET_LOKR_2A] = "lokr_w2_a", [RS_NET_LOKR_2B] = "lokr_w2_b",
    [RS_NET_LOKR_T2] = "lokr_t2", [RS_NET_IA3] = "weight", [RS_NET_ON_INPUT] = "on_input",
    [RS_NET_DIFF] = "diff", [RS_NET_BIAS] = "diff_b", [RS_NET_ALPHA] = "alpha",
    [RS_NET_SCALE] = "scale", [RS_NET_DORA] = "dora_scale",
    [RS_NET_MAGNITUDE] = "lora_magnitude_vector",
};

static const rs_wtensor *any(const rs_net_module *m)
{
    for (int r = 0; r < RS_NET_ROLES; r++)
        if (m->t[r])
            return m->t[r];
    RS_BUG_IF(true); /* a module is made for a tensor */
}

static rs_status need(const rs_net_module *m, rs_net_role role, rs_err *err)
{
    if (m->t[role])
        return RS_OK;
    const rs_wtensor *t = any(m);
    return RS_FAIL(err, RS_E_FORMAT, "'%s': layer '%s': '%s' is missing beside tensor '%.200s'", t->file,
                   m->target->layer, role_names[role], t->name);
}

static int64_t dim(const rs_wtensor *t, int axis)
{
    return axis < t->rank ? t->shape[axis] : 1;
}

/* n rows of c channels of the layer's kernel, which may be written as one row each. */
static rs_status check_rows(const rs_net_module *m, const rs_wtensor *t, int64_t n, int64_t c,
                            rs_err *err)
{
    const rs_net_target *g = m->target;
    int64_t want[4] = { n, c, g->shape[2], g->shape[3] };
    if (g->rank == 4 && t->rank == 2) {
        want[1] = c * g->shape[2] * g->shape[3];
        return rs_wtensor_check(t, 2, want, err);
    }
    return rs_wtensor_check(t, g->rank, want, err);
}

static rs_status check_matrix(const rs_wtensor *t, int64_t rows, int64_t columns, rs_err *err)
{
    return rs_wtensor_check(t, 2, (const int64_t[]){ rows, columns }, err);
}

/* core [r, s, k, k], a: [r, n], b: [s, c] */
static rs_status check_tucker(const rs_net_module *m, const rs_wtensor *core, const rs_wtensor *a,
                              const rs_wtensor *b, int64_t n, int64_t c, rs_err *err)
{
    const rs_net_target *g = m->target;
    const int64_t want[4] = { dim(a, 0), dim(b, 0), g->shape[2], g->shape[3] };
    RS_TRY(check_matrix(a, dim(a, 0), n, err));
    RS_TRY(check_matrix(b, dim(b, 0), c, err));
    return rs_wtensor_check(core, g->rank == 4 ? 4 : 2, want, err);
}

static rs_status rank_of(const rs_wtensor *t, int axis, int64_t *rank, rs_err *err)
{
    *rank = dim(t, axis);
    if (*rank < 1 || *rank > MAX_RANK)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': a rank of %lld, 1 to %d make sense",
                       t->file, t->name, (long long)*rank, MAX_RANK);
    return RS_OK;
}

int64_t rs_net_module_channels(const rs_net_module *m)
{
    const rs_net_target *g = m->target;
    const int64_t c = g->rank > 1 ? g->shape[1] : 1;
    if (g->part != RS_PART_UNET || c != 9 || strcmp(g->layer, "conv_in") != 0)
        return c;
    const rs_wtensor *t = m->kind == RS_NET_LORA ? m->t[RS_NET_DOWN]
                          : m->kind == RS_NET_FULL ? m->t[RS_NET_DIFF] : NULL;
    return t && dim(t, 1) == 4 ? 4 : c;
}

static rs_status check_lora(rs_net_module *m, int64_t *rank, rs_err *err)
{
    RS_TRY(need(m, RS_NET_UP, err));
    RS_TRY(need(m, RS_NET_DOWN, err));
    const rs_wtensor *up = m->t[RS_NET_UP], *down = m->t[RS_NET_DOWN], *mid = m->t[RS_NET_MID];
    const int64_t n = m->target->shape[0], c = rs_net_module_channels(m);
    RS_TRY(rank_of(down, 0, rank, err));
    if (!mid) {
        RS_TRY(check_rows(m, down, *rank, c, err));
        return check_matrix(up, n, *rank, err);
    }
    int64_t outer;
    RS_TRY(rank_of(up, 1, &outer, err));
    RS_TRY(check_matrix(down, *rank, c, err));
    RS_TRY(check_matrix(up, n, outer, err));
    return check_rows(m, mid, outer, *rank, err);
}

static rs_status check_hada(rs_net_module *m, int64_t *rank, rs_err *err)
{
    const int64_t n = m->target->shape[0], c = rs_net_module_channels(m);
    for (int k = 0; k < 2; k++) {
        const rs_net_role a = k ? RS_NET_HADA_2A : RS_NET_HADA_1A, b = a + 1;
        RS_TRY(need(m, a, err));
        RS_TRY(need(m, b, err));
        int64_t r;
        RS_TRY(rank_of(m->t[b], 0, &r, err));
        *rank = k ? *rank : r;
        const rs_wtensor *core = m->t[k ? RS_NET_HADA_T2 : RS_NET_HADA_T1];
        if (core) {
            RS_TRY(check_tucker(m, core, m->t[a], m->t[b], n, c, err));
        } else {
            RS_TRY(check_matrix(m->t[a], n, r, err));
            RS_TRY(check_rows(m, m->t[b], r, c, err));
        }
    }
    return RS_OK;
}

/* Both factors; the second gets what the first leaves of n and c. */
static rs_status check_lokr(rs_net_module *m, int64_t *rank, rs_err *err)
{
    const rs_wtensor *w1 = m->t[RS_NET_LOKR_1], *w2 = m->t[RS_NET_LOKR_2];
    const rs_wtensor *core = m->t[RS_NET_LOKR_T2];
    int64_t n = m->target->shape[0], c = rs_net_module_channels(m);
    if (!w1) {
        RS_TRY(need(m, RS_NET_LOKR_1A, err));
        RS_TRY(need(m, RS_NET_LOKR_1B, err));
        RS_TRY(rank_of(m->t[RS_NET_LOKR_1B], 0, rank, err));
        RS_TRY(check_matrix(m->t[RS_NET_LOKR_1A], dim(m->t[RS_NET_LOKR_1A], 0), *rank, err));
        RS_TRY(check_matrix(m->t[RS_NET_LOKR_1B], *rank, dim(m->t[RS_NET_LOKR_1B], 1), err));
    } else {
        RS_TRY(check_matrix(w1, dim(w1, 0), dim(w1, 1), err));
    }
    const rs_wtensor *first = w1 ? w1 : m->t[RS_NET_LOKR_1A];
    const int64_t e = dim(first, 0), f = dim(w1 ? w1 : m->t[RS_NET_LOKR_1B], 1);
    if (e < 1 || f < 1 || n % e || c % f)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': a factor of %lldx%lld does not divide "
                       "the layer's %lldx%lld", first->file, first->name, (long long)e, (long long)f,
                       (long long)n, (long long)c);
    n /= e;
    c /= f;
    if (w2)
        return check_rows(m, w2, n, c, err);
    RS_TRY(need(m, RS_NET_LOKR_2A, err));
    RS_TRY(need(m, RS_NET_LOKR_2B, err));
    const rs_wtensor *a = m->t[RS_NET_LOKR_2A], *b = m->t[RS_NET_LOKR_2B];
    RS_TRY(rank_of(b, 0, rank, err));
    if (core)
        return check_tucker(m, core, a, b, n, c, err);
    RS_TRY(check_matrix(a, n, *rank, err));
    return check_rows(m, b, *rank, c, err);
}

/* A tensor of one value, whatever its shape and type. */
static rs_status scalar(const rs_wtensor *t, double *out, rs_err *err)
{
    int64_t wide;
    int32_t narrow;
    float f = 0;
    if (t->count != 1)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': %zu values, expected one", t->file,
                       t->name, t->count);
    if (t->dtype == RS_DTYPE_I64) {
        memcpy(&wide, t->data, sizeof(wide));
        *out = (double)wide;
        return RS_OK;
    }
    if (t->dtype == RS_DTYPE_I32) {
        memcpy(&narrow, t->data, sizeof(narrow));
        *out = narrow;
        return RS_OK;
    }
    RS_TRY(rs_wtensor_check(t, t->rank, t->shape, err));
    rs_wtensor_read(t, 0, 1, &f);
    *out = (double)f;
    return isfinite(f) ? RS_OK : RS_FAIL(err, RS_E_CORRUPT, "'%s': tensor '%.200s': its value is not a "
                                         "finite number", t->file, t->name);
}

static rs_status check_scaled(rs_net_module *m, rs_err *err)
{
    double on_input;
    RS_TRY(need(m, RS_NET_IA3, err));
    RS_TRY(need(m, RS_NET_ON_INPUT, err));
    RS_TRY(scalar(m->t[RS_NET_ON_INPUT], &on_input, err));
    m->on_input = on_input != 0;
    const int64_t want = m->target->shape[m->on_input ? 1 : 0];
    return rs_wtensor_check(m->t[RS_NET_IA3], 1, &want, err);
}

static rs_status check_dora(rs_net_module *m, rs_err *err)
{
    const rs_wtensor *scale = m->t[RS_NET_DORA], *t = scale ? scale : m->t[RS_NET_MAGNITUDE];
    const rs_net_target *g = m->target;
    if (!t)
        return RS_OK;
    m->dora = scale ? RS_NET_DORA : RS_NET_MAGNITUDE;
    if (m->kind == RS_NET_NONE || m->kind == RS_NET_SCALED || g->rank < 2 ||
        rs_net_module_channels(m) != g->shape[1])
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': tensor '%.200s' has no weights to set the length of",
                       t->file, t->name);
    m->dora_rows = !scale || (dim(t, 0) == g->shape[0] && t->count == (size_t)g->shape[0]);
    const int64_t want = g->shape[m->dora_rows ? 0 : 1];
    return rs_wtensor_check(t, 1, &want, err);
}

static rs_status find_kind(rs_net_module *m, rs_err *err)
{
    static const struct {
        rs_net_role first, last;
        rs_net_kind kind;
    } kinds[] = {
        { RS_NET_UP, RS_NET_MID, RS_NET_LORA },
        { RS_NET_HADA_1A, RS_NET_HADA_T2, RS_NET_HADA },
        { RS_NET_LOKR_1, RS_NET_LOKR_T2, RS_NET_LOKR },
        { RS_NET_IA3, RS_NET_ON_INPUT, RS_NET_SCALED },
        { RS_NET_DIFF, RS_NET_DIFF, RS_NET_FULL },
    };
    const rs_wtensor *before = NULL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const rs_wtensor *found = NULL;
        for (rs_net_role r = kinds[i].first; r <= kinds[i].last && !found; r++)
            found = m->t[r];
        if (found && before)
            return RS_FAIL(err, RS_E_FORMAT, "'%s': tensors '%.200s' and '%.200s' are of different kinds "
                           "of networks for the same layer", found->file, before->name, found->name);
        if (found) {
            m->kind = kinds[i].kind;
            before = found;
        }
    }
    if (m->kind != RS_NET_NONE && m->kind != RS_NET_FULL && m->target->rank < 2)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': the layer '%s' is a norm, which takes "
                       "'w_norm' and 'b_norm' only", before->file, before->name, m->target->layer);
    if (m->kind == RS_NET_NONE && !m->t[RS_NET_BIAS])
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s' stands alone: nothing changes the layer "
                       "'%s'", any(m)->file, any(m)->name, m->target->layer);
    return RS_OK;
}

static rs_status find_scale(rs_net_module *m, int64_t rank, const rs_net_alpha *alpha, rs_err *err)
{
    double value = 1;
    if (m->t[RS_NET_SCALE]) {
        RS_TRY(scalar(m->t[RS_NET_SCALE], &value, err));
    } else if (rank && m->t[RS_NET_ALPHA]) {
        RS_TRY(scalar(m->t[RS_NET_ALPHA], &value, err));
        value /= (double)rank;
    } else if (m->kind == RS_NET_LORA && alpha->alpha != 0) {
        value = alpha->alpha / (alpha->root ? sqrt((double)rank) : (double)rank);
    }
    m->scale = (float)value;
    return RS_OK;
}

rs_status rs_net_module_check(rs_net_module *m, const rs_net_alpha *alpha, rs_err *err)
{
    const rs_net_target *g = m->target;
    const rs_wtensor *bias = m->t[RS_NET_BIAS];
    int64_t rank = 0;
    RS_TRY(find_kind(m, err));
    switch (m->kind) {
    case RS_NET_LORA: RS_TRY(check_lora(m, &rank, err)); break;
    case RS_NET_HADA: RS_TRY(check_hada(m, &rank, err)); break;
    case RS_NET_LOKR: RS_TRY(check_lokr(m, &rank, err)); break;
    case RS_NET_SCALED: RS_TRY(check_scaled(m, err)); break;
    case RS_NET_FULL:
        RS_TRY(check_rows(m, m->t[RS_NET_DIFF], g->shape[0], rs_net_module_channels(m), err));
        break;
    default: break;
    }
    if (bias && !g->bias)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': the layer '%s' has no bias", bias->file,
                       bias->name, g->layer);
    if (bias)
        RS_TRY(rs_wtensor_check(bias, 1, g->shape, err));
    RS_TRY(check_dora(m, err));
    return find_scale(m, rank, alpha, err);
}
