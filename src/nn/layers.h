/* The simple layers: sizes, weights, load, forward.
 *
 * load takes the layer's tensors from the bundle by its diffusers name and
 * checks every shape; forward writes to a tensor of the right shape that the
 * caller provides. Weights live as long as the scope's arena and the bundle.
 * name: "down_blocks.0.resnets.1.conv1", for profiles; forward records itself. */
#ifndef RS_NN_LAYERS_H
#define RS_NN_LAYERS_H

#include <stdbool.h>

#include "base/compiler.h"
#include "tensor/op_conv.h"
#include "tensor/packed.h"
#include "weights/bundle.h"

/* Where in the model we are loading: "down_blocks.0.resnets.1". */
typedef struct rs_scope {
    const rs_bundle *bundle;
    rs_part part;
    const rs_exec *ex;
    rs_arena *arena;
    rs_bits least; /* that its layers may compute in */
    char prefix[160];
} rs_scope;

/* The scope of a child; names too long for any real model are cut and then not
 * found. */
rs_scope rs_scope_sub(const rs_scope *parent, const char *fmt, ...) RS_PRINTF(2, 3);
/* The same scope, for layers that compute in floats, or that are worse off in 8 bits. */
rs_scope rs_scope_exact(const rs_scope *s);
rs_scope rs_scope_careful(const rs_scope *s);
/* The scope's own name, kept in its arena. */
rs_status rs_scope_name(const rs_scope *s, const char **name, rs_err *err);
/* The tensor `name` of the scope as floats; kept in arena when converted. */
rs_status rs_scope_f32(const rs_scope *s, rs_arena *arena, const char *name, int rank,
                       const int64_t *shape, const float **out, rs_err *err);

/* y = x w^T + b, w: [out, in] */
typedef struct rs_linear {
    int in, out;
    bool bytes; /* i8 is used, not w */
    rs_packed w;
    rs_packed_i8 i8;
    const float *b; /* may be NULL */
    const char *name;
    rs_prof_kind kind; /* a 1x1 convolution in the file, or linear */
} rs_linear;

rs_status rs_linear_load(const rs_scope *s, const char *name, int in, int out, bool bias,
                         rs_linear *l, rs_err *err);
/* res: added when not NULL, may equal y; y must not overlap x. Only rows count:
 * x: [..., in], y: [..., out]. Fails only when out of scratch. */
rs_status rs_linear_forward(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                            const rs_tensor *res, rs_err *err);
/* y = v * gelu(g), [v, g] what the layer gives; y: [..., out / 2]. */
rs_status rs_linear_geglu(const rs_exec *ex, const rs_linear *l, const rs_tensor *y, const rs_tensor *x,
                          rs_err *err);

typedef struct rs_conv {
    rs_conv_weights w;
    const float *bias; /* [c_out] */
    int stride, pad;
    const char *name;
} rs_conv;

rs_status rs_conv_load(const rs_scope *s, const char *name, int c_in, int c_out, int kernel, int stride,
                       int pad, rs_conv *c, rs_err *err);
/* with: NULL, or a bias in place of the layer's own, a residual, norm or enlarge;
 * its stride and pad do not count. */
rs_status rs_conv_forward(const rs_exec *ex, const rs_conv *c, const rs_tensor *dst,
                          const rs_tensor *src, const rs_conv_args *with, rs_err *err);

/* Rows of c values each, which stay in the file, in its type. */
typedef struct rs_table {
    int n, c;
    rs_packed_source rows;
} rs_table;

rs_status rs_table_load(const rs_scope *s, const char *name, int n, int c, rs_table *t, rs_err *err);
/* dst: [c]; 0 <= row < n */
void rs_table_row(const rs_exec *ex, const rs_table *t, int row, float *dst);

/* Group norm (groups > 0) or layer norm (groups == 0). */
typedef struct rs_norm {
    int c, groups;
    float eps;
    const float *gamma, *beta;
    const char *name;
} rs_norm;

rs_status rs_norm_load(const rs_scope *s, const char *name, int c, int groups, float eps, rs_norm *n,
                       rs_err *err);
/* In place allowed; silu only for group norm. */
rs_status rs_norm_forward(const rs_exec *ex, const rs_norm *n, const rs_tensor *dst,
                          const rs_tensor *src, bool silu, rs_err *err);

/* dst = conv(silu(norm(src))) for group norm, without keeping what the convolution
 * reads. with as in rs_conv_forward. */
rs_status rs_norm_conv_forward(const rs_exec *ex, const rs_norm *n, const rs_conv *c,
                               const rs_tensor *dst, const rs_tensor *src, const rs_conv_args *with,
                               rs_err *err);

#endif
