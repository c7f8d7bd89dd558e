/* CLIP's text encoder (transformers' CLIPTextModel): token ids to the hidden
 * states that cross attention reads. */
#ifndef RS_MODEL_CLIP_TEXT_H
#define RS_MODEL_CLIP_TEXT_H

#include "tensor/exec.h"
#include "tensor/tensor.h"
#include "weights/bundle.h"

typedef struct rs_clip_text rs_clip_text;

/* Lives as long as arena and bundle. */
rs_status rs_clip_text_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle,
                            rs_clip_text **out, rs_err *err);

/* ids: [n, tokens], tokens at most max_tokens, each below vocab_size.
 * dst: [n, 1, tokens, width], the last hidden state after the final norm. */
rs_status rs_clip_text_forward(const rs_exec *ex, const rs_clip_text *t, const int *ids,
                               const rs_tensor *dst, rs_err *err);

/* What A1111 asks for beyond that. */
typedef struct rs_clip_args {
    int skip;                 /* its "clip skip": the states of the last layer but skip - 1; from 1 */
    const float *const *rows; /* [n * tokens], or NULL: where not NULL, a vector of `width` values
                                 that stands for the token's embedding (textual inversion) */
} rs_clip_args;

/* The same after fewer layers and with other embeddings; the final norm comes last in
 * any case. skip is at most the number of layers. */
rs_status rs_clip_text_encode(const rs_exec *ex, const rs_clip_text *t, const int *ids,
                              const rs_clip_args *args, const rs_tensor *dst, rs_err *err);

#endif
