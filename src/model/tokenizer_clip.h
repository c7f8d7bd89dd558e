/* CLIP's byte-pair tokenizer, as transformers' CLIPTokenizer reads vocab.json and
 * merges.txt, or the tokenizer.json that has both.
 *
 * Text is brought to NFC and lower case, cut into contractions, words, single
 * digits and runs of other signs, spelled in bytes, and each piece is joined
 * pair by pair in the order of merges.txt. "<|startoftext|>" and "<|endoftext|>"
 * inside a text are the special tokens themselves. */
#ifndef RS_MODEL_TOKENIZER_CLIP_H
#define RS_MODEL_TOKENIZER_CLIP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define RS_TOKENIZER_MAX_TEXT ((size_t)1 << 20) /* bytes */

typedef struct rs_tokenizer rs_tokenizer;

/* Lives as long as the arena; the files are read once. merges_path NULL: vocab_path is a
 * tokenizer.json, of which only vocabulary and merges are read. Errors name file, line
 * and token. A vocabulary may lack bytes: these become the end token, as in
 * transformers. */
rs_status rs_tokenizer_open(rs_arena *arena, const char *vocab_path, const char *merges_path,
                            rs_tokenizer **out, rs_err *err);

int rs_tokenizer_bos(const rs_tokenizer *t);        /* <|startoftext|> */
int rs_tokenizer_eos(const rs_tokenizer *t);        /* <|endoftext|>, also the padding */
int rs_tokenizer_vocab_size(const rs_tokenizer *t); /* the highest id and one */

/* The ids of a text, without start and end token. Writes the first max of them
 * to ids and the number of all to *n, so n > max tells that the prompt is cut.
 * Malformed UTF-8 reads as U+FFFD. scratch: rewound before returning. Errors:
 * no memory; a text above RS_TOKENIZER_MAX_TEXT. */
rs_status rs_tokenizer_encode(const rs_tokenizer *t, rs_arena *scratch, const char *utf8_text,
                              int *ids, size_t max, size_t *n, rs_err *err);

#endif
