/* Networks that enlarge pictures: RRDBNet (ESRGAN; Wang et al. 2018, Real-ESRGAN 2021) and
 * SRVGGNetCompact (Real-ESRGAN's small ones), as published in xinntao's repositories and
 * BasicSR. */
#ifndef RS_MODEL_ESRGAN_H
#define RS_MODEL_ESRGAN_H

#include "nn/layers.h"
#include "tensor/exec.h"
#include "tensor/tensor.h"
#include "weights/weights.h"

enum { RS_ESRGAN_MAX_BLOCKS = 64, RS_ESRGAN_MAX_UPS = 3, RS_ESRGAN_MAX_CONVS = 128 };

/* Five convolutions over all that came before:
 *   x_k = leaky(conv_k([x, x_1, .., x_k-1])), k = 1..4;   x + 0.2 conv_5([x, .., x_4]) */
typedef struct rs_dense_block {
    rs_conv conv[5];
} rs_dense_block;

typedef struct rs_rrdb {
    int width, growth;      /* channels of x, of each x_k */
    int unshuffle;          /* the picture comes in blocks of this side: 1, 2 or 4 */
    int n_blocks, n_ups;
    rs_conv first, trunk, up[RS_ESRGAN_MAX_UPS], high, last;
    rs_dense_block blocks[RS_ESRGAN_MAX_BLOCKS][3];
    const float *slope;     /* [max(width, growth)] of 0.2 */
} rs_rrdb;

/* conv, PReLU, conv, PReLU, .., conv; pixel shuffle; plus the enlarged picture */
typedef struct rs_srvgg {
    int width, n_convs;     /* channels; convolutions, the last one without PReLU */
    rs_conv conv[RS_ESRGAN_MAX_CONVS];
    const float *slope[RS_ESRGAN_MAX_CONVS];
} rs_srvgg;

typedef struct rs_esrgan {
    int scale;
    int multiple;           /* of the source's width and height */
    rs_rrdb *rrdb;          /* one of the two */
    rs_srvgg *srvgg;
} rs_esrgan;

/* Finds out from names and shapes which network it is. Names are BasicSR's, ESRGAN's new
 * (RRDB_trunk) or old (model.1.sub) ones, with or without "params." or "params_ema."
 * before them. The network lives as long as arena and weights. Errors: RS_E_FORMAT for
 * tensors that are missing or have other shapes, RS_E_UNSUPPORTED for another network. */
rs_status rs_esrgan_load(const rs_exec *ex, rs_arena *arena, const rs_weights *weights, rs_esrgan **out,
                         rs_err *err);

/* What a pass over a source of h x w takes: operations, 2 for each multiplication, and bytes of
 * what lies between the layers. */
typedef struct rs_esrgan_cost {
    double flop, bytes;
} rs_esrgan_cost;

rs_esrgan_cost rs_esrgan_cost_of(const rs_esrgan *net, int h, int w);

/* src: [1, h, w, 3], about 0 to 1, h and w multiples of `multiple`;
 * dst: [1, h scale, w scale, 3], not clamped. Fails only when out of scratch. */
rs_status rs_esrgan_forward(const rs_exec *ex, const rs_esrgan *net, const rs_tensor *dst,
                            const rs_tensor *src, rs_err *err);

#endif
