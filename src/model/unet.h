/* The denoising network of Stable Diffusion 1.x (diffusers' UNet2DConditionModel
 * with CrossAttn/Down blocks), of any size its config states. */
#ifndef RS_MODEL_UNET_H
#define RS_MODEL_UNET_H

#include "nn/transformer.h"

typedef struct rs_unet rs_unet;

/* Lives as long as arena and bundle. fast: its linear layers and convolutions may
 * compute in 8 bits, but for the first and the last, the time embedding, and what is
 * made of the text, which may in bfloat16 as attention's own products: tensor/bits.h
 * says where they do. */
rs_status rs_unet_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle, bool fast,
                       rs_unet **out, rs_err *err);

/* From now on keys and values of every attention are made of what nets make of its context;
 * contexts made before are of no use any more. nets must outlive its use. */
void rs_unet_use_hypernets(rs_unet *u, const rs_hypernets *nets);

/* Cross attention's keys and values for one batch of contexts: computed once a
 * prompt, used in every step and frame. */
typedef struct rs_unet_context {
    int n;      /* batch it was made for */
    rs_kv *kv;  /* one for each transformer block, in order of execution */
} rs_unet_context;

/* context: [n, 1, tokens, context_dim]. Lives as long as arena. */
rs_status rs_unet_context_make(const rs_exec *ex, const rs_unet *u, rs_arena *arena,
                               const rs_tensor *context, rs_unet_context *out, rs_err *err);

/* Room for n contexts, each of the size of `like`, a context of one; and item i of it
 * filled with such a context. So prompts that change during a run are batched anew without
 * computing anything again. */
rs_status rs_unet_context_alloc(const rs_unet *u, rs_arena *arena, const rs_unet_context *like, int n,
                                rs_unet_context *out, rs_err *err);
void rs_unet_context_put(const rs_unet *u, const rs_unet_context *dst, int i, const rs_unet_context *src);

/* x: [n, h, w, in_channels], dst: [n, h, w, out_channels], n that of the context;
 * t: timestep, 0 to 999, fractions allowed, the same for the whole batch. Any
 * h and w of at least 1: where a level cannot be halved evenly, the way up
 * follows the sizes of the way down, as in diffusers. */
rs_status rs_unet_forward(const rs_exec *ex, const rs_unet *u, const rs_tensor *dst, const rs_tensor *x,
                          float t, const rs_unet_context *context, rs_err *err);

#endif
