#include "nn/hypernet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/op_norm.h"

#define LN_EPS 1e-5f /* torch.nn.LayerNorm */

enum { MAX_LAYERS = 64, MAX_SIZES = 32, MAX_WIDTH = 65536 };

/* A file while it is read. ex NULL: it is only checked. */
struct file {
    const rs_exec *ex;
    rs_arena *arena;
    const rs_weights *w;
    const char *path;
    const rs_activation *act; /* NULL: none */
    bool activate_output;
    size_t used;              /* tensors */
    rs_err *err;
};

/* "768.0.linear.2.weight", or as old files have it "768.0.linear1.weight". */
static const rs_wtensor *find(struct file *f, int width, int which, int i, const char *what)
{
    char name[96];
    snprintf(name, sizeof(name), "%d.%d.linear.%d.%s", width, which, i, what);
    const rs_wtensor *t = rs_weights_find(f->w, name);
    if (!t && i < 2) {
        snprintf(name, sizeof(name), "%d.%d.linear%d.%s", width, which, i + 1, what);
        t = rs_weights_find(f->w, name);
    }
    f->used += t != NULL;
    return t;
}

static rs_status vector(struct file *f, int width, int which, int i, const char *what, int n,
                        const float **out)
{
    const rs_wtensor *t = find(f, width, which, i, what);
    const float *values;
    if (!t)
        return RS_FAIL(f->err, RS_E_FORMAT, "'%s': there is no tensor '%d.%d.linear.%d.%s'", f->path, width,
                       which, i, what);
    RS_TRY(rs_wtensor_f32(f->arena, t, 1, (const int64_t[]){ n }, &values, f->err));
    float *copy = RS_NEW_N(f->arena, float, (size_t)n); /* the file is closed afterwards */
    if (!copy)
        return RS_FAIL(f->err, RS_E_NOMEM, "no memory for '%s'", f->path);
    memcpy(copy, values, (size_t)n * sizeof(float));
    *out = copy;
    return RS_OK;
}

static rs_status load_linear(struct file *f, int width, int which, int i, const rs_wtensor *t, int in,
                             rs_linear *l)
{
    const int out = (int)t->shape[0];
    const int64_t shape[] = { out, in };
    const float *values = NULL;
    rs_linear lin = { .in = in, .out = out, .name = "hypernetwork", .kind = RS_PROF_LINEAR };
    RS_TRY(rs_wtensor_check(t, 2, shape, f->err));
    RS_TRY(vector(f, width, which, i, "bias", out, &lin.b));
    if (f->ex) {
        const rs_arena_mark mark = rs_arena_save(f->ex->scratch);
        rs_status s = rs_wtensor_f32(f->ex->scratch, t, 2, shape, &values, f->err);
        const rs_packed_source src = { values, RS_ELEM_F32, (size_t)out, (size_t)in, 1 };
        if (s == RS_OK)
            s = rs_packed_make(f->ex, f->arena, &src, &lin.w, f->err);
        rs_arena_rewind(f->ex->scratch, mark);
        RS_TRY(s);
    }
    *l = lin;
    return RS_OK;
}

/* torch.nn.Sequential: each linear layer, then an activation, then perhaps a norm; what has no
 * tensors, such as dropout, only takes a number. */
static rs_status load_layers(struct file *f, int width, int which, rs_hyper_size *size)
{
    rs_hyper_layer layers[MAX_LAYERS] = { { { 0 }, NULL, NULL, NULL } };
    int n = 0, c = width;
    for (int i = 0; i < MAX_LAYERS; i++) {
        const rs_wtensor *t = find(f, width, which, i, "weight");
        if (!t)
            continue;
        if (t->rank == 2 && t->shape[0] > 0 && t->shape[0] <= MAX_WIDTH) {
            RS_TRY(load_linear(f, width, which, i, t, c, &layers[n].linear));
            c = layers[n].linear.out;
            layers[n++].act = f->act;
        } else if (t->rank == 1 && n > 0 && !layers[n - 1].gamma) {
            f->used--; /* found again */
            RS_TRY(vector(f, width, which, i, "weight", c, &layers[n - 1].gamma));
            RS_TRY(vector(f, width, which, i, "bias", c, &layers[n - 1].beta));
        } else {
            return RS_FAIL(f->err, RS_E_FORMAT, "'%s': tensor '%s' is no layer that follows the one before",
                           f->path, t->name);
        }
    }
    if (n == 0 || c != width)
        return RS_FAIL(f->err, RS_E_FORMAT, "'%s': the layers '%d.%d.linear' end %d wide, expected %d",
                       f->path, width, which, n ? c : 0, width);
    if (!f->activate_output)
        layers[n - 1].act = NULL;
    size->n[which] = n;
    size->layers[which] = RS_NEW_N(f->arena, rs_hyper_layer, (size_t)n);
    if (!size->layers[which])
        return RS_FAIL(f->err, RS_E_NOMEM, "no memory for '%s'", f->path);
    memcpy(size->layers[which], layers, (size_t)n * sizeof(*layers));
    return RS_OK;
}

/* The width that a tensor's name begins with; 0: none. */
static int width_of(const char *name)
{
    char *end;
    const long v = strtol(name, &end, 10);
    return name[0] >= '1' && name[0] <= '9' && *end == '.' && v <= MAX_WIDTH ? (int)v : 0;
}

static rs_status load_sizes(struct file *f, rs_hypernet *net)
{
    size_t of_sizes = 0;
    if (!(net->sizes = RS_NEW_N(f->arena, rs_hyper_size, MAX_SIZES)))
        return RS_FAIL(f->err, RS_E_NOMEM, "no memory for '%s'", f->path);
    for (size_t i = 0; i < rs_weights_count(f->w); i++) {
        const int width = width_of(rs_weights_at(f->w, i)->name);
        of_sizes += width > 0;
        bool known = width == 0;
        for (int k = 0; k < net->n; k++)
            known = known || net->sizes[k].width == width;
        if (!known && net->n == MAX_SIZES)
            return RS_FAIL(f->err, RS_E_UNSUPPORTED, "'%s' has networks for more than %d widths", f->path,
                           MAX_SIZES);
        if (!known)
            net->sizes[net->n++].width = width;
    }
    if (net->n == 0)
        return RS_FAIL(f->err, RS_E_FORMAT, "'%s' is no hypernetwork: it has no tensor such as "
                       "'768.0.linear.0.weight'", f->path);
    for (int k = 0; k < net->n; k++)
        for (int which = 0; which < 2; which++)
            RS_TRY(load_layers(f, net->sizes[k].width, which, &net->sizes[k]));
    if (f->used != of_sizes)
        return RS_FAIL(f->err, RS_E_FORMAT, "'%s' has %zu tensors that belong to no layer of a hypernetwork",
                       f->path, of_sizes - f->used);
    return RS_OK;
}

static rs_status read(const rs_exec *ex, rs_arena *arena, const char *path, rs_hypernet *out, rs_err *err)
{
    rs_weights *w = NULL;
    rs_hypernet net = { .weight = 1 };
    RS_TRY(rs_weights_open(arena, path, &w, err));
    const char *act = rs_weights_metadata(w, "activation_func");
    const char *output = rs_weights_metadata(w, "activate_output");
    struct file f = { .ex = ex, .arena = arena, .w = w, .path = path, .err = err,
                      .act = act ? rs_activation_find(act) : NULL,
                      .activate_output = !output || strcmp(output, "0") != 0 };
    const rs_status s = act && !f.act
                            ? RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': the activation '%.60s' is not supported",
                                      path, act)
                            : load_sizes(&f, &net);
    rs_weights_close(&w);
    if (s == RS_OK)
        *out = net;
    return s;
}

rs_status rs_hypernet_load(const rs_exec *ex, rs_arena *arena, const char *path, rs_hypernet *out,
                           rs_err *err)
{
    return read(ex, arena, path, out, err);
}

rs_status rs_hypernet_check(rs_arena *arena, const char *path, rs_hypernet *out, rs_err *err)
{
    return read(NULL, arena, path, out, err);
}

/* x += weight * layers(x) */
static rs_status run(const rs_exec *ex, const rs_hyper_layer *layers, int n, float weight,
                     const rs_tensor *x, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    rs_tensor from = *x, to;
    rs_status s = RS_OK;
    for (int i = 0; i < n && s == RS_OK; i++) {
        const rs_hyper_layer *l = &layers[i];
        s = rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, l->linear.out, &to, err);
        if (s == RS_OK)
            s = rs_linear_forward(ex, &l->linear, &to, &from, NULL, err);
        if (s == RS_OK && l->act)
            rs_op_activate(ex, &to, l->act);
        if (s == RS_OK && l->gamma)
            rs_op_layer_norm(ex, &to, &to, LN_EPS, l->gamma, l->beta);
        from = to;
    }
    if (s == RS_OK)
        rs_op_add_scaled(ex, x, &from, weight);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

static rs_status copy(const rs_exec *ex, const rs_tensor *from, rs_tensor *to, rs_err *err)
{
    RS_TRY(rs_tensor_alloc(ex->scratch, from->n, from->h, from->w, from->c, to, err));
    memcpy(to->data, from->data, rs_tensor_count(from) * sizeof(float));
    return RS_OK;
}

rs_status rs_hypernets_apply(const rs_exec *ex, const rs_hypernets *nets, const rs_tensor *context,
                             rs_tensor *k, rs_tensor *v, rs_err *err)
{
    bool own = false;
    *k = *v = *context;
    for (size_t i = 0; nets && i < nets->n; i++) {
        for (int s = 0; s < nets->items[i].n; s++) {
            const rs_hyper_size *size = &nets->items[i].sizes[s];
            if (size->width != context->c)
                continue;
            if (!own) {
                RS_TRY(copy(ex, context, k, err));
                RS_TRY(copy(ex, context, v, err));
                own = true;
            }
            RS_TRY(run(ex, size->layers[0], size->n[0], nets->items[i].weight, k, err));
            RS_TRY(run(ex, size->layers[1], size->n[1], nets->items[i].weight, v, err));
        }
    }
    return RS_OK;
}
