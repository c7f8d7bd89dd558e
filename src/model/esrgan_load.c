#include <stdio.h>
#include <string.h>

#include "model/esrgan.h"

struct loader {
    const rs_exec *ex;
    rs_arena *arena;
    const rs_weights *weights;
    const char *prefix; /* of every name: "params_ema." */
};

/* How a repository names the parts of an RRDBNet. A convolution of a block is block[0],
 * the block's number, block[1], the dense block's, block[2], its own, block[3]. */
struct naming {
    const char *first, *block[4], *trunk;
    const char *up[RS_ESRGAN_MAX_UPS], *high, *last; /* NULL: numbered, see find_tail */
};

static const struct naming namings[] = {
    /* BasicSR */
    { "conv_first", { "body.", ".rdb", ".conv", "" }, "conv_body", { "conv_up1", "conv_up2" },
      "conv_hr", "conv_last" },
    /* ESRGAN's new ones, and BSRGAN */
    { "conv_first", { "RRDB_trunk.", ".RDB", ".conv", "" }, "trunk_conv", { "upconv1", "upconv2" },
      "HRconv", "conv_last" },
    /* ESRGAN's old ones */
    { "model.0", { "model.1.sub.", ".RDB", ".conv", ".0" }, NULL, { NULL }, NULL, NULL },
};

enum { NAME_MAX_LEN = 96 };

static void block_name(char to[NAME_MAX_LEN], const struct naming *names, int block, int dense, int conv)
{
    snprintf(to, NAME_MAX_LEN, "%s%d%s%d%s%d%s", names->block[0], block, names->block[1], dense + 1,
             names->block[2], conv + 1, names->block[3]);
}

/* The tensor PREFIXname.what, or NULL. */
static const rs_wtensor *find(const struct loader *l, const char *name, const char *what)
{
    char full[NAME_MAX_LEN + 32];
    snprintf(full, sizeof full, "%s%s.%s", l->prefix, name, what);
    return rs_weights_find(l->weights, full);
}

static rs_status missing(const struct loader *l, const char *name, rs_err *err)
{
    return RS_FAIL(err, RS_E_FORMAT, "'%s' has no tensor '%s%s.weight'", rs_weights_path(l->weights),
                   l->prefix, name);
}

/* Size of a dimension of a tensor of rank 4, or 0. */
static int dim(const rs_wtensor *t, int i)
{
    return t && t->rank == 4 && t->shape[i] <= 4096 ? (int)t->shape[i] : 0;
}

static rs_status load_conv(const struct loader *l, const char *name, int c_in, int c_out, rs_conv *out,
                           rs_err *err)
{
    rs_conv conv = { .stride = 1, .pad = 1, .name = rs_arena_strdup(l->arena, name) };
    const rs_wtensor *w = find(l, name, "weight"), *b = find(l, name, "bias");
    const float *values;
    if (!conv.name)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", name);
    if (!w || !b)
        return missing(l, name, err);
    RS_TRY(rs_wtensor_f32(l->arena, b, 1, (const int64_t[]){ c_out }, &conv.bias, err));
    const rs_arena_mark mark = rs_arena_save(l->ex->scratch);
    rs_status s = rs_wtensor_f32(l->ex->scratch, w, 4, (const int64_t[]){ c_out, c_in, 3, 3 }, &values,
                                 err);
    if (s == RS_OK) {
        const rs_packed_source src = { .n = (size_t)c_out, .c = (size_t)c_in, .taps = 9,
                                       .type = RS_ELEM_F32, .data = values };
        s = rs_conv_pack(l->ex, l->arena, &src, 3, true, RS_BITS_F32, &conv.w, err);
    }
    rs_arena_rewind(l->ex->scratch, mark);
    if (s == RS_OK) {
        rs_wtensor_drop(w);
        *out = conv;
    }
    return s;
}

static rs_status load_block(const struct loader *l, const struct naming *names, rs_rrdb *r, int block,
                            rs_err *err)
{
    for (int d = 0; d < 3; d++)
        for (int k = 0; k < 5; k++) {
            char name[NAME_MAX_LEN];
            block_name(name, names, block, d, k);
            RS_TRY(load_conv(l, name, r->width + k * r->growth, k < 4 ? r->growth : r->width,
                             &r->blocks[block][d].conv[k], err));
        }
    return RS_OK;
}

/* What follows the blocks. */
struct tail {
    char trunk[NAME_MAX_LEN], up[RS_ESRGAN_MAX_UPS][NAME_MAX_LEN];
    char high[NAME_MAX_LEN], last[NAME_MAX_LEN];
    int n_ups;
};

static void copy_name(char to[NAME_MAX_LEN], const char *name)
{
    snprintf(to, NAME_MAX_LEN, "%s", name);
}

/* Old ESRGAN numbers the layers of one sequence: 0 first, 1 blocks, then for each doubling
 * an enlargement, a convolution and its activation, then high, activation, last. */
static void find_tail(const struct loader *l, const struct naming *names, int n_blocks, struct tail *t)
{
    *t = (struct tail){ 0 };
    if (names->trunk) {
        copy_name(t->trunk, names->trunk);
        for (; t->n_ups < RS_ESRGAN_MAX_UPS && names->up[t->n_ups] &&
               find(l, names->up[t->n_ups], "weight"); t->n_ups++)
            copy_name(t->up[t->n_ups], names->up[t->n_ups]);
        copy_name(t->high, names->high);
        copy_name(t->last, names->last);
        return;
    }
    snprintf(t->trunk, NAME_MAX_LEN, "model.1.sub.%d", n_blocks);
    int at = 2;
    for (;; at += 3) {
        char name[NAME_MAX_LEN];
        snprintf(name, sizeof name, "model.%d", at + 1);
        if (t->n_ups == RS_ESRGAN_MAX_UPS || !find(l, name, "weight"))
            break;
        copy_name(t->up[t->n_ups++], name);
    }
    snprintf(t->high, NAME_MAX_LEN, "model.%d", at);
    snprintf(t->last, NAME_MAX_LEN, "model.%d", at + 2);
}

static int count_blocks(const struct loader *l, const struct naming *names)
{
    int n = 0;
    for (char name[NAME_MAX_LEN]; n <= RS_ESRGAN_MAX_BLOCKS; n++) {
        block_name(name, names, n, 0, 0);
        if (!find(l, name, "weight"))
            break;
    }
    return n;
}

static rs_status rrdb_sizes(const struct loader *l, const struct naming *names, rs_rrdb *r, rs_err *err)
{
    char name[NAME_MAX_LEN];
    block_name(name, names, 0, 0, 0);
    const rs_wtensor *first = find(l, names->first, "weight"), *grow = find(l, name, "weight");
    const int in = dim(first, 1);
    r->width = dim(first, 0);
    r->growth = dim(grow, 0);
    r->unshuffle = in == 3 ? 1 : in == 12 ? 2 : in == 48 ? 4 : 0;
    r->n_blocks = count_blocks(l, names);
    if (!r->width || !r->growth || !r->unshuffle || r->n_blocks > RS_ESRGAN_MAX_BLOCKS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is an RRDBNet of %d input channels and %d blocks; "
                       "expected 3, 12 or 48, and at most %d blocks", rs_weights_path(l->weights), in,
                       r->n_blocks, RS_ESRGAN_MAX_BLOCKS);
    return RS_OK;
}

static rs_status load_slope(const struct loader *l, rs_rrdb *r, rs_err *err)
{
    const int n = r->width > r->growth ? r->width : r->growth;
    float *slope = RS_NEW_N(l->arena, float, (size_t)n);
    if (!slope)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", rs_weights_path(l->weights));
    for (int i = 0; i < n; i++)
        slope[i] = 0.2f;
    r->slope = slope;
    return RS_OK;
}

static rs_status load_rrdb(const struct loader *l, const struct naming *names, rs_esrgan *net,
                           rs_err *err)
{
    rs_rrdb *r = RS_NEW(l->arena, rs_rrdb);
    struct tail t;
    if (!r)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", rs_weights_path(l->weights));
    RS_TRY(rrdb_sizes(l, names, r, err));
    RS_TRY(load_slope(l, r, err));
    find_tail(l, names, r->n_blocks, &t);
    r->n_ups = t.n_ups;
    if ((1 << r->n_ups) < r->unshuffle)
        return missing(l, names->up[r->n_ups] ? names->up[r->n_ups] : "model.3", err);
    RS_TRY(load_conv(l, names->first, 3 * r->unshuffle * r->unshuffle, r->width, &r->first, err));
    for (int i = 0; i < r->n_blocks; i++)
        RS_TRY(load_block(l, names, r, i, err));
    RS_TRY(load_conv(l, t.trunk, r->width, r->width, &r->trunk, err));
    for (int i = 0; i < r->n_ups; i++)
        RS_TRY(load_conv(l, t.up[i], r->width, r->width, &r->up[i], err));
    RS_TRY(load_conv(l, t.high, r->width, r->width, &r->high, err));
    RS_TRY(load_conv(l, t.last, r->width, 3, &r->last, err));
    net->rrdb = r;
    net->scale = (1 << r->n_ups) / r->unshuffle;
    net->multiple = r->unshuffle;
    return RS_OK;
}

/* The names of body's convolutions are even numbers, of its PReLUs odd ones. */
static rs_status load_srvgg(const struct loader *l, rs_esrgan *net, rs_err *err)
{
    rs_srvgg *v = RS_NEW(l->arena, rs_srvgg);
    char name[NAME_MAX_LEN];
    if (!v)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", rs_weights_path(l->weights));
    v->width = dim(find(l, "body.0", "weight"), 0);
    int out = v->width;
    for (int in = 3;; in = v->width) {
        snprintf(name, sizeof name, "body.%d", 2 * v->n_convs);
        if (v->n_convs == RS_ESRGAN_MAX_CONVS)
            return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' has more than %d convolutions",
                           rs_weights_path(l->weights), RS_ESRGAN_MAX_CONVS);
        out = dim(find(l, name, "weight"), 0);
        if (!out)
            return missing(l, name, err);
        RS_TRY(load_conv(l, name, in, out, &v->conv[v->n_convs], err));
        snprintf(name, sizeof name, "body.%d", 2 * v->n_convs + 1);
        const rs_wtensor *slope = find(l, name, "weight");
        if (!slope)
            break;
        RS_TRY(rs_wtensor_f32(l->arena, slope, 1, (const int64_t[]){ v->width },
                              &v->slope[v->n_convs++], err));
    }
    v->n_convs++;
    for (net->scale = 1; net->scale <= 8 && 3 * net->scale * net->scale != out;)
        net->scale++;
    if (net->scale > 8)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' ends in %d channels, expected 3 times a square",
                       rs_weights_path(l->weights), out);
    net->srvgg = v;
    net->multiple = 1;
    return RS_OK;
}

static rs_status load(struct loader *l, rs_esrgan *net, rs_err *err)
{
    static const char *const prefixes[] = { "", "params_ema.", "params." };
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        l->prefix = prefixes[p];
        for (size_t i = 0; i < sizeof namings / sizeof *namings; i++)
            if (count_blocks(l, &namings[i]) > 0)
                return load_rrdb(l, &namings[i], net, err);
        const rs_wtensor *slope = find(l, "body.1", "weight");
        if (slope && slope->rank == 1)
            return load_srvgg(l, net, err);
    }
    return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is no upscaler known here: expected the tensors of an "
                   "ESRGAN (RRDBNet) or of a realesr network (SRVGGNetCompact)",
                   rs_weights_path(l->weights));
}

rs_status rs_esrgan_load(const rs_exec *ex, rs_arena *arena, const rs_weights *weights, rs_esrgan **out,
                         rs_err *err)
{
    struct loader l = { .ex = ex, .arena = arena, .weights = weights };
    rs_esrgan *net = RS_NEW(arena, rs_esrgan);
    if (!net)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", rs_weights_path(weights));
    RS_TRY(load(&l, net, err));
    *out = net;
    return RS_OK;
}
