/* Any bytes as parameters of a picture: no crash, sound fields, and what was read
 * can be written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "infotext/infotext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const rs_infotext *info, rs_strbuf *sb)
{
    rs_infotext_put_prompts(sb, info->prompt, info->negative);
    for (size_t i = 0; i < info->n; i++) {
        const rs_infotext_field *f = &info->fields[i];
        if (strlen(f->key) < 2 || strpbrk(f->key, ":,\n") || !rs_infotext_get(info, f->key))
            abort();
        rs_infotext_put(sb, f->key, f->value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_infotext first, second;
    rs_strbuf sb;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    rs_strbuf_init(&sb, 8 << 20);
    const rs_status s = rs_infotext_parse(arena, (const char *)data, size, &first, &err);
    if (s == RS_OK) {
        write_again(&first, &sb);
        if (sb.failed || rs_infotext_parse(arena, sb.data, sb.len, &second, &err) != RS_OK)
            abort();
    } else if (!err.msg[0]) {
        abort();
    }
    rs_strbuf_release(&sb);
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
