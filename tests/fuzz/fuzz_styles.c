/* Any bytes as a file of styles: no crash; names and texts can be read and merged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prompt/prompt_styles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_styles styles = { 0 };
    rs_arena *arena = rs_arena_open(1 << 16);
    const char *text = "a", *merged;
    if (!arena)
        abort();
    if (rs_styles_parse(arena, "f", (const char *)data, size, &styles, &err) != RS_OK && !err.msg[0])
        abort();
    for (size_t i = 0; i < styles.n && i < 20; i++) {
        if (!styles.items[i].name[0] || !rs_styles_find(&styles, styles.items[i].name))
            abort();
        if (rs_style_merge(arena, styles.items[i].prompt, text, &merged, &err) == RS_OK)
            text = merged;
        else if (err.status != RS_E_RANGE)
            abort();
    }
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
