/* Model sizes known by name, for weights that come from no file. */
#ifndef RS_WEIGHTS_ARCHS_H
#define RS_WEIGHTS_ARCHS_H

#include "weights/bundle.h"

typedef struct rs_arch {
    const char *name; /* "sd15" */
    rs_unet_config unet;
    rs_vae_config vae;
    rs_text_config text;
} rs_arch;

const rs_arch *rs_arch_at(size_t i); /* NULL past the last */
const rs_arch *rs_arch_find(const char *name); /* or NULL */

/* A bundle of random F16 weights: the same at every call, of a size that keeps
 * activations near 1, norms of scale 1. It has every tensor of the arch but no
 * tokenizer (rs_bundle_vocab is NULL). Tensors share one block of memory as large
 * as the largest, so that peak memory is that of a file whose pages were dropped. */
rs_status rs_bundle_random(rs_arena *arena, const rs_arch *arch, rs_bundle **out, rs_err *err);

#endif
