/* Tools for checkpoints: merging and converting, tensor by tensor, in memory of one
 * small buffer however large the files are.
 *
 * Results are written beside their name and renamed into place when they are complete.
 * Nothing that exists is replaced unless overwrite is set. */
#ifndef RESTYLE_CHECKPOINT_H
#define RESTYLE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_save_precision {
    RS_SAVE_KEEP, /* each tensor's own */
    RS_SAVE_F32,
    RS_SAVE_F16,
    RS_SAVE_BF16
} rs_save_precision;

/* "keep", "f32", "f16", "bf16"; false: none of them. */
bool rs_save_precision_parse(const char *name, rs_save_precision *out);

enum { RS_MERGE_BLOCKS = 26 };

/* Single files (.safetensors, .ckpt). Of each tensor whose name holds "model" and that
 * the files share, in floats:
 *   b NULL        A, which may get another precision or autoencoder
 *   c NULL        (1 - m) A + m B                    weighted sum
 *   otherwise     A + m (B - C), C's missing tensors: A   add difference
 * m is `multiplier`, or, with blocks, that of the tensor's place: BASE (all but the UNet),
 * IN00..IN11 (IN00 also the time embedding), M00, OUT00..OUT11 (OUT11 also the output).
 * An inpainting model as A takes the difference in its first four channels.
 * Source: A1111 modules/extras.py; blocks: sd-webui-supermerger and bbc-mc's
 * sdweb-merge-block-weighted-gui. */
typedef struct rs_merge_options {
    const char *a, *b, *c;
    const char *output;
    double multiplier;
    const double *blocks; /* [RS_MERGE_BLOCKS], or NULL */
    const char *vae;     /* NULL, or a file whose autoencoder replaces A's */
    rs_save_precision precision;
    bool overwrite;
} rs_merge_options;

/* RS_E_FORMAT: tensors of one name differ in shape. RS_E_INVALID: the output exists, or
 * options do not go together. */
rs_status rs_checkpoint_merge(const rs_merge_options *options, rs_err *err);

/* A single file becomes a diffusers folder, a folder becomes a single file; only what the
 * model computes with goes along: no EMA weights, no optimiser. output ending in
 * .safetensors: a single file, whatever the input is. */
typedef struct rs_convert_options {
    const char *input, *output;
    const char *tokenizer; /* NULL, or as in rs_model_options; goes into a folder */
    rs_save_precision precision;
    bool overwrite;
} rs_convert_options;

rs_status rs_checkpoint_convert(const rs_convert_options *options, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
