/* What one network file says about one layer: which kind of difference, its tensors,
 * checked against the layer's shape, and the difference itself.
 *
 * Shapes, for a layer of weights [n, c, k, k] (linear: no k; norms: [n]):
 *   LoRA   up [n, r] x down [r, c, k, k]; with mid [r, s, k, k]: down [s, c]
 *   LoHa   (1a [n, r] x 1b [r, c k k]) * (2a x 2b), elementwise; with t [r, s, k, k]:
 *          a [r, n], b [s, c]
 *   LoKr   1 [e, f] (x) 2 [n/e, c/f, k, k], Kronecker's product; each whole, or a x b, or,
 *          the second, of t as in LoHa
 *   IA3    the layer's own weights, times one factor a row or (on_input) a channel
 *   full   diff [n, c, k, k] or w_norm [n]; diff_b or b_norm [n] for the bias
 * The difference is multiplied by alpha / rank (rank: of down, of 1b, of 2b or else 1b;
 * without alpha by 1), or by `scale`. DoRA then gives the sum of weight and difference the
 * stored length by row (dora_scale [n, 1..]; lora_magnitude_vector) or by input channel
 * ([1, c, 1..]).
 * Sources: A1111 extensions-builtin/Lora/network*.py and lyco_helpers.py (1.10), LyCORIS
 * lycoris/functional and modules, PEFT tuners/lora/dora.py. */
#ifndef RS_WEIGHTS_NET_MODULE_H
#define RS_WEIGHTS_NET_MODULE_H

#include "weights/net_names.h"

typedef enum rs_net_kind {
    RS_NET_NONE, /* changes the bias only */
    RS_NET_LORA,
    RS_NET_HADA,
    RS_NET_LOKR,
    RS_NET_SCALED, /* IA3 */
    RS_NET_FULL
} rs_net_kind;

typedef struct rs_net_module {
    const rs_net_target *target;
    rs_net_kind kind;
    const rs_wtensor *t[RS_NET_ROLES]; /* NULL: not in the file */
    float scale;                       /* alpha / rank */
    bool on_input;                     /* IA3 */
    rs_net_role dora;                  /* whose tensor are DoRA's lengths, if it has any */
    bool dora_rows;                    /* they are by row */
} rs_net_module;

/* Without alpha tensors: the file's own alpha, 0: none. root: of the square root of the rank. */
typedef struct rs_net_alpha {
    double alpha;
    bool root;
} rs_net_alpha;

/* Decides kind, scale and so on of a module whose target and tensors are set; errors
 * name the tensor that is missing or of another shape, and the shape expected. */
rs_status rs_net_module_check(rs_net_module *m, const rs_net_alpha *alpha, rs_err *err);

/* w += multiplier * difference, w: the layer's weights [n, c k k], which m.t may have been
 * checked against. dyn: 0, or how many of a LoRA's rows count (not with mid; the scale stays
 * that of all). Temporary memory comes from arena. */
rs_status rs_net_module_add(rs_arena *arena, const rs_net_module *m, float multiplier, int dyn,
                            rs_pool *pool, float *w, rs_err *err);
/* The same of the bias [n]; nothing when the module has none. */
rs_status rs_net_module_add_bias(rs_arena *arena, const rs_net_module *m, float multiplier, float *bias,
                                 rs_err *err);

/* Channels that a module's difference covers: fewer than the layer's only for an
 * inpainting model's first convolution, whose 5 further channels stay as they are. */
int64_t rs_net_module_channels(const rs_net_module *m);

#endif
