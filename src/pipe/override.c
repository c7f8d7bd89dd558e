#include "pipe/override.h"

#include <stdio.h>
#include <string.h>

#include "conf/yaml_tree.h"

/* "--set img2img.steps=0": the option as a place. Long texts are cut, between
 * characters. */
static const char *option_place(rs_arena *arena, const rs_override *o)
{
    enum { CUT = 60 };
    size_t n = strlen(o->value);
    const bool cut = n > CUT;
    if (cut) {
        for (n = CUT; n && ((unsigned char)o->value[n] & 0xc0) == 0x80; n--) {}
    }
    const size_t size = strlen(o->option) + n + 8;
    char *where = rs_arena_alloc(arena, size);
    if (where)
        snprintf(where, size, "%s %.*s%s", o->option, (int)n, o->value, cut ? "..." : "");
    return where;
}

void rs_override_apply(rs_opt_ctx *ctx, rs_value *root, const rs_override *o, int number)
{
    const char *equals = o->key ? NULL : strchr(o->value, '=');
    const rs_pos pos = { .where = option_place(ctx->arena, o), .col = number };
    const char *key = o->key;
    if (!key && equals)
        key = rs_arena_strndup(ctx->arena, o->value, (size_t)(equals - o->value));
    if (!pos.where || (!key && equals)) {
        ctx->diags->nomem = true;
        return;
    }
    if (!key) {
        rs_diags_add(ctx->diags, pos, "", RS_E_INVALID, NULL,
                     "expected KEY=VALUE, such as img2img.steps=20");
        return;
    }
    rs_value *v = rs_yaml_parse_scalar(ctx->arena, pos, key, equals ? equals + 1 : o->value, ctx->diags);
    if (v && !rs_value_set(ctx->arena, root, key, v))
        ctx->diags->nomem = true;
}
