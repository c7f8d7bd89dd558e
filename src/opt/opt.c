/* Walking rows: defaults, parsing, lookups. What a value is, is the matter of
 * the types in opt_types.c. */
#include "opt/opt.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 128 };

const rs_opt_group *rs_opt_subgroup(const rs_opt *row)
{
    return row->type == &rs_opt_sub ? row->priv : NULL;
}

const char *rs_opt_help(const rs_opt *row)
{
    const rs_opt_group *sub = rs_opt_subgroup(row);
    return sub ? sub->help : row->help;
}

const void *rs_opt_field(const rs_opt *row, const void *values)
{
    return (const char *)values + row->offset;
}

void rs_opt_defaults(const rs_opt_group *group, void *out)
{
    memcpy(out, group->defaults, group->size);
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (sub)
            rs_opt_defaults(sub, (char *)out + row->offset);
    }
}

const char *rs_opt_key_path(rs_opt_ctx *ctx, const char *prefix, const char *key)
{
    const size_t n = strlen(prefix) + strlen(key) + 1;
    char *path = rs_arena_alloc(ctx->arena, n);
    if (!path) {
        ctx->diags->nomem = true;
        return "";
    }
    snprintf(path, n, "%s%s", prefix, key);
    return path;
}

static const rs_opt *find_row(const rs_opt_group *group, const char *key, size_t len)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        if (strlen(row->key) == len && memcmp(row->key, key, len) == 0)
            return row;
    }
    return NULL;
}

const rs_opt *rs_opt_find(const rs_opt_group *root, const char *path)
{
    for (;;) {
        const size_t n = strcspn(path, ".");
        const rs_opt *row = find_row(root, path, n);
        if (!row || path[n] == '\0')
            return row;
        root = rs_opt_subgroup(row);
        if (!root)
            return NULL;
        path += n + 1;
    }
}

const rs_entry *rs_opt_given(const rs_value *map, const char *key)
{
    const rs_entry *e = rs_value_find(map, key, strlen(key));
    return e && !e->bad ? e : NULL;
}

/* The full path of a key that lies in another group: "img2img.steps" for "steps". */
static const char *find_elsewhere(rs_opt_ctx *ctx, const rs_opt_group *group, const char *prefix,
                                  const char *key)
{
    if (find_row(group, key, strlen(key)))
        return rs_opt_key_path(ctx, prefix, key);
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (!sub)
            continue;
        const char *inner = rs_opt_key_path(ctx, rs_opt_key_path(ctx, prefix, row->key), ".");
        const char *found = find_elsewhere(ctx, sub, inner, key);
        if (found)
            return found;
    }
    return NULL;
}

static void report_unknown(rs_opt_ctx *ctx, const rs_opt_group *group, const char *path,
                           const rs_entry *e)
{
    const char *guess = find_elsewhere(ctx, ctx->root, "", e->key);
    if (!guess) {
        const char *names[MAX_NAMES];
        size_t n = 0;
        for (const rs_opt *row = group->rows; row->key && n < MAX_NAMES; row++)
            names[n++] = row->key;
        guess = rs_suggest(e->key, names, n);
    }
    rs_diags_add(ctx->diags, e->pos, path, RS_E_INVALID, guess, "unknown key");
}

static bool parse_entry(rs_opt_ctx *ctx, const rs_opt_group *group, const char *prefix,
                        const rs_value *map, rs_entry *e, void *out)
{
    const char *path = rs_opt_key_path(ctx, prefix, e->key);
    const rs_opt *row = find_row(group, e->key, strlen(e->key));
    if (!row) {
        report_unknown(ctx, group, path, e);
        return false;
    }
    const rs_entry *first = rs_value_find(map, e->key, strlen(e->key));
    if (first != e) {
        rs_diags_add(ctx->diags, e->pos, path, RS_E_INVALID, NULL,
                     "written twice (first in line %d): delete one", first->pos.line);
        return false;
    }
    if (e->value->kind == RS_VALUE_BAD)
        return false;
    if (e->value->kind == RS_VALUE_NULL && !rs_opt_subgroup(row)) {
        rs_diags_add(ctx->diags, e->pos, path, RS_E_INVALID, NULL,
                     row->flags & RS_OPT_REQUIRED
                         ? "no value, but it is required"
                         : "no value: write one, or delete the key to get the default");
        return false;
    }
    void *at = (char *)out + row->offset;
    if (!row->type->parse(ctx, row, path, e->value, at))
        return false;
    return !row->check || !ctx->check_files || row->check(ctx, row, path, e->value, at);
}

void rs_opt_parse(rs_opt_ctx *ctx, const rs_opt_group *group, const char *prefix, rs_value *map,
                  void *out)
{
    for (rs_entry *e = map->kind == RS_VALUE_MAP ? map->first : NULL; e; e = e->next)
        e->bad = !parse_entry(ctx, group, prefix, map, e, out);
    for (const rs_opt *row = group->rows; row->key && !ctx->partial; row++) {
        if ((row->flags & RS_OPT_REQUIRED) && !rs_value_find(map, row->key, strlen(row->key)))
            rs_diags_add(ctx->diags, map->pos, rs_opt_key_path(ctx, prefix, row->key),
                         RS_E_INVALID, NULL, "required, but not given (%s)", row->help);
    }
    if (group->check)
        group->check(ctx, prefix, map, out);
}

bool rs_opt_equal(const rs_opt_group *group, const void *a, const void *b)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        if (!row->type->equal(row, rs_opt_field(row, a), rs_opt_field(row, b)))
            return false;
    }
    return true;
}

bool rs_opt_matters(const rs_opt *row)
{
    const unsigned matters = RS_OPT_AFFECTS_OUTPUT | RS_OPT_REQUIRED | RS_OPT_PATH_IN;
    return rs_opt_subgroup(row) || row->flags & matters;
}

/* usual: NULL, or the values that are left out. */
static bool is_left_out(const rs_opt *row, const void *at, const void *usual)
{
    if (!usual || rs_opt_subgroup(row))
        return false;
    return !rs_opt_matters(row) || row->type->equal(row, at, rs_opt_field(row, usual));
}

/* Absent values and empty groups are left out: "img2img:" alone is no map. */
static void dump(rs_strbuf *sb, const rs_opt_group *group, const void *values, const void *usual, int indent)
{
    rs_strbuf value;
    rs_strbuf_init(&value, sb->max);
    for (const rs_opt *row = group->rows; row->key; row++) {
        const void *at = rs_opt_field(row, values);
        const rs_opt_group *sub = rs_opt_subgroup(row);
        rs_strbuf_clear(&value);
        if (is_left_out(row, at, usual))
            continue;
        if (sub)
            dump(&value, sub, at, usual ? rs_opt_field(row, usual) : NULL, indent + 2);
        else
            row->type->print(&value, row, at);
        if (value.len)
            rs_strbuf_printf(sb, "%*s%s:%s%s%s", indent, "", row->key, sub ? "\n" : " ",
                             value.data, sub ? "" : "\n");
        sb->failed |= value.failed;
    }
    rs_strbuf_release(&value);
}

void rs_opt_dump(rs_strbuf *sb, const rs_opt_group *group, const void *values)
{
    dump(sb, group, values, NULL, 0);
}

void rs_opt_dump_changed(rs_strbuf *sb, const rs_opt_group *group, const void *values, const void *usual)
{
    dump(sb, group, values, usual, 0);
}

void rs_opt_fingerprint(rs_strbuf *sb, const rs_opt_group *group, const char *prefix,
                        const void *values)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const void *at = rs_opt_field(row, values);
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (sub) {
            char inner[128];
            snprintf(inner, sizeof(inner), "%s%s.", prefix, row->key);
            rs_opt_fingerprint(sb, sub, inner, at);
        } else if (row->flags & RS_OPT_AFFECTS_OUTPUT) {
            rs_strbuf_printf(sb, "%s%s: ", prefix, row->key);
            row->type->print(sb, row, at);
            rs_strbuf_puts(sb, "\n");
        }
    }
}
