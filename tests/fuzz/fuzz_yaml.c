/* Any bytes as a pipeline: no crash, and what is accepted can be printed and
 * read back to the same values. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "conf/yaml_tree.h"
#include "pipe/schema.h"
#include "restyle/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parse(rs_arena *arena, const char *text, size_t size, rs_pipeline_spec *spec)
{
    rs_diags *diags = RS_NEW(arena, rs_diags);
    if (!diags)
        abort();
    rs_diags_init(diags, arena);
    rs_opt_ctx ctx = { .arena = arena, .diags = diags, .root = &rs_pipeline_group, .file_dir = "/f",
                       .current_dir = "/c" };
    rs_opt_defaults(&rs_pipeline_group, spec);
    rs_value *root = rs_yaml_parse(arena, "f", text, size, diags);
    if (root)
        rs_opt_parse(&ctx, &rs_pipeline_group, "", root, spec);
    if (!root && !diags->n)
        abort();
    const rs_diag_sink none = { 0 };
    rs_diags_send(diags, &none);
    return diags->n == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_pipeline_spec a, b;
    rs_arena *arena = rs_arena_open(0);
    if (!arena)
        abort();
    if (parse(arena, (const char *)data, size, &a)) {
        rs_strbuf sb;
        rs_strbuf_init(&sb, 8 << 20);
        rs_opt_dump(&sb, &rs_pipeline_group, &a);
        if (sb.len <= RS_YAML_MAX_BYTES &&
            (!parse(arena, sb.data, sb.len, &b) || !rs_opt_equal(&rs_pipeline_group, &a, &b)))
            abort();
        rs_strbuf_release(&sb);
    }
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"
