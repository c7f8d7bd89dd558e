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

#endif
