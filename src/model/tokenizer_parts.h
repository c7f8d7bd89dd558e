/* The tokenizer's tables, shared by loading (tokenizer_load.c) and encoding
 * (tokenizer_clip.c). */
#ifndef RS_MODEL_TOKENIZER_PARTS_H
#define RS_MODEL_TOKENIZER_PARTS_H

#include <stdint.h>

#include "model/tokenizer_clip.h"

#define RS_TOKEN_START "<|startoftext|>"
#define RS_TOKEN_END "<|endoftext|>"

/* Two neighbouring tokens that join; id < 0: an empty slot. */
typedef struct rs_merge {
    int a, b;
    int rank; /* its line in merges.txt: the lowest joins first */
    int id;   /* what they become */
} rs_merge;

struct rs_tokenizer {
    int bos, eos, vocab_size;
    int byte_id[256];     /* a byte inside a piece */
    int byte_end_id[256]; /* the last byte of a piece, "x</w>" in the vocabulary */
    rs_merge *merges;     /* open addressing, slots a power of two */
    size_t slots;
};

/* The slot that holds the pair, or the empty one where it would go. */
static inline rs_merge *rs_tokenizer_slot(const rs_tokenizer *t, int a, int b)
{
    uint64_t h = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    size_t i = (size_t)h & (t->slots - 1);
    while (t->merges[i].id >= 0 && (t->merges[i].a != a || t->merges[i].b != b))
        i = (i + 1) & (t->slots - 1);
    return &t->merges[i];
}

#endif
