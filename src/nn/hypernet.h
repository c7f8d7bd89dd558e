/* Hypernetworks: what attention makes keys and values of is changed first,
 *
 *     context_k += weight * mlp_k(context_k),   context_v += weight * mlp_v(context_v),
 *
 * by the two small networks that a file has for that width of context, file after file
 * (A1111's modules/hypernetworks/hypernetwork.py). */
#ifndef RS_NN_HYPERNET_H
#define RS_NN_HYPERNET_H

#include "nn/layers.h"
#include "tensor/op_activate.h"

/* A linear layer, and what follows it. */
typedef struct rs_hyper_layer {
    rs_linear linear;
    const rs_activation *act; /* NULL: none */
    const float *gamma, *beta; /* of a layer norm behind that; NULL: none */
} rs_hyper_layer;

/* The networks of one width. */
typedef struct rs_hyper_size {
    int width;
    int n[2];                  /* layers */
    rs_hyper_layer *layers[2]; /* of keys, of values */
} rs_hyper_size;

typedef struct rs_hypernet {
    float weight;
    int n;
    rs_hyper_size *sizes; /* [n] */
} rs_hypernet;

typedef struct rs_hypernets {
    const rs_hypernet *items;
    size_t n;
} rs_hypernets;

/* Reads a file of A1111's (.pt); weights live as long as arena. Errors name the file, and the
 * tensor where one is missing, of the wrong shape, or unknown; activations that are not
 * element-wise are RS_E_UNSUPPORTED. *out lacks its weight. */
rs_status rs_hypernet_load(const rs_exec *ex, rs_arena *arena, const char *path, rs_hypernet *out,
                           rs_err *err);

/* Whether rs_hypernet_load would succeed; its widths alone, layers are not made. */
rs_status rs_hypernet_check(rs_arena *arena, const char *path, rs_hypernet *out, rs_err *err);

/* *k and *v: the context, or changed copies in ex->scratch. nets may be NULL. */
rs_status rs_hypernets_apply(const rs_exec *ex, const rs_hypernets *nets, const rs_tensor *context,
                             rs_tensor *k, rs_tensor *v, rs_err *err);

#endif
