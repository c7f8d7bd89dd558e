/* Any bytes as a file of torch.save: no crash, and the data of every tensor that is
 * accepted, and all else that is said, can be read. */
#include <stdint.h>
#include <stdlib.h>

#include "weights/torch_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_torch t = { 0 };
    uint8_t sum = 0;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    if (rs_torch_is(data, size)) {
        if (rs_torch_parse(arena, "f", data, size, &t, &err) != RS_OK && !err.msg[0])
            abort();
    }
    for (size_t i = 0; i < t.n; i++) {
        if (!t.tensors[i].name[0] && t.n > 1)
            abort();
        for (size_t k = 0; k < t.tensors[i].bytes; k++)
            sum ^= t.tensors[i].data[k];
    }
    for (size_t i = 0; i < t.n_facts; i++)
        if (!t.facts[i].key || !t.facts[i].value)
            abort();
    if (t.n && sum == 1)
        err.msg[0] = '\0'; /* keeps the reads alive */
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
