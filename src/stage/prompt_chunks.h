/* One text cut into chunks of the text encoder's window, as A1111 cuts it
 * (modules/sd_hijack_clip.py, tokenize_line): windows of 75 tokens between start and end
 * token, cut behind a comma when one is near, or at BREAK. */
#ifndef RS_STAGE_PROMPT_CHUNKS_H
#define RS_STAGE_PROMPT_CHUNKS_H

#include "model/tokenizer_clip.h"
#include "restyle/img2img.h"
#include "stage/embeddings.h"

typedef struct rs_chunk rs_chunk;
struct rs_chunk {
    rs_chunk *next;
    int n;              /* tokens so far, without start and end; all of them once finished */
    int *ids;           /* [window] */
    float *weights;     /* [window] */
    const float **rows; /* [window]: embeddings that stand for tokens, NULL where none does */
};

typedef struct rs_chunker {
    rs_arena *arena;                 /* of the chunks */
    const rs_tokenizer *tokenizer;
    const rs_embeddings *embeddings; /* may be NULL; what is found is marked as used */
    int window;                      /* of the text encoder, with start and end token */
    rs_emphasis emphasis;
    int comma_backtrack;             /* A1111's comma_padding_backtrack; 0: commas do not matter */
} rs_chunker;

/* *first: at least one chunk, each filled up with end tokens; *n: how many. */
rs_status rs_chunks_make(const rs_chunker *c, const char *text, rs_chunk **first, int *n, rs_err *err);

#endif
