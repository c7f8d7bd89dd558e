/* Any bytes as vocab.json (first byte 'v'), merges.txt ('m'), tokenizer.json ('j') or a prompt
 * (any other): no crash, and every id is one of the vocabulary. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/fs.h"
#include "model/tokenizer_clip.h"
#include "tests/lib/tmpdir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VOCAB RS_SOURCE_DIR "/tests/golden/tiny/tokenizer/vocab.json"
#define MERGES RS_SOURCE_DIR "/tests/golden/tiny/tokenizer/merges.txt"

static void encode(const rs_tokenizer *t, rs_arena *arena, const char *text)
{
    int ids[256];
    size_t n = 0;
    if (rs_tokenizer_encode(t, arena, text, ids, 256, &n, NULL) != RS_OK)
        return;
    for (size_t i = 0; i < n && i < 256; i++)
        if (ids[i] < 0 || ids[i] >= rs_tokenizer_vocab_size(t))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[512], none[512];
    const char *vocab = VOCAB, *merges = MERGES, *text = "the cat 's  a\xCC\x81 1234 <|endoftext|>";
    rs_arena *arena = rs_arena_open(0);
    rs_tokenizer *t;
    if (!arena)
        abort();
    const char kind = size > 0 ? (char)data[0] : 0;
    const bool file = kind == 'v' || kind == 'm' || kind == 'j';
    if (file) {
        tmpdir_open();
        tmpdir_write("part", data + 1, size - 1);
        tmpdir_write("none", "", 0);
        if (kind == 'v')
            merges = tmpdir_path(none, sizeof none, "none");
        if (kind == 'j')
            merges = NULL;
        *(kind == 'm' ? &merges : &vocab) = tmpdir_path(path, sizeof path, "part");
    } else if (!(text = rs_arena_strndup(arena, (const char *)data, size))) {
        abort();
    }
    if (rs_tokenizer_open(arena, vocab, merges, &t, NULL) == RS_OK)
        encode(t, arena, text);
    if (file)
        tmpdir_close();
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
