/* Any bytes as JSON: no crash, an error has a message, and a tree can be walked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const rs_json *node)
{
    if (node->type == RS_JSON_STRING && strlen(node->string) != node->n)
        abort();
    if (node->type != RS_JSON_ARRAY && node->type != RS_JSON_OBJECT)
        return;
    uint32_t n = 0;
    for (const rs_json *m = node->first; m; m = m->next, n++) {
        if (node->type == RS_JSON_OBJECT && rs_json_get(node, m->key) != m)
            abort();
        walk(m);
    }
    if (n != node->n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    const rs_json *root = NULL;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    const rs_status s = rs_json_parse(arena, (const char *)data, size, "f", &root, &err);
    if (s == RS_OK)
        walk(root);
    else if (root || !err.msg[0])
        abort();
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
