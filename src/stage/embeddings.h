/* Textual inversion: files of vectors whose names stand for them in prompts
 * (A1111's modules/textual_inversion/textual_inversion.py). */
#ifndef RS_STAGE_EMBEDDINGS_H
#define RS_STAGE_EMBEDDINGS_H

#include <stdbool.h>

#include "base/log.h"
#include "model/tokenizer_clip.h"

typedef struct rs_embedding {
    const char *name;     /* the file's, without extension */
    const char *path;
    const int *ids;       /* [n_ids]: the name's tokens */
    size_t n_ids;
    const float *vectors; /* [n_vectors, width] */
    int n_vectors, width;
} rs_embedding;

typedef struct rs_embeddings {
    rs_embedding *items; /* longer names first, then by name */
    bool *used;          /* [n]: which of them the prompts name */
    size_t n;
} rs_embeddings;

/* Reads the .pt, .bin and .safetensors files of a folder and those in it, a LoRA's size
 * each. One that is damaged or not `width` wide is left out and told to log, as A1111
 * does; so are names that a prompt cannot say. Lives as long as arena. */
rs_status rs_embeddings_load(rs_arena *arena, const char *folder, const rs_tokenizer *tokenizer, int width,
                             const rs_log *log, rs_embeddings *out, rs_err *err);

/* The embedding whose name the tokens begin with, the longest of several, and how many
 * tokens that is; NULL when there is none. embeddings may be NULL. */
const rs_embedding *rs_embeddings_match(const rs_embeddings *embeddings, const int *ids, size_t n,
                                        size_t *used);

#endif
