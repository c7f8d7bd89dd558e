/* Lists: [a, b], or one item without brackets. A list of numbers may also be
 * one text with commas, "1, 0.5", which is how a command line gives it. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "opt/opt.h"

enum { MAX_ITEMS = 4096 };

static const rs_opt_list_of *list_of(const rs_opt *row)
{
    return row->priv;
}

const rs_opt_group *rs_opt_item_group(const rs_opt *row)
{
    return row->type == &rs_opt_list ? rs_opt_subgroup(list_of(row)->item) : NULL;
}

static bool no_memory(rs_opt_ctx *ctx)
{
    ctx->diags->nomem = true;
    return false;
}

/* "a, b" as a list of scalars; NULL without memory. */
static rs_value *split(rs_arena *arena, const rs_value *text)
{
    rs_value *list = rs_value_list(arena, text->pos);
    for (const char *s = text->text; list && s;) {
        const size_t n = strcspn(s, ",");
        size_t lo = 0, hi = n;
        while (lo < hi && s[lo] == ' ')
            lo++;
        while (hi > lo && s[hi - 1] == ' ')
            hi--;
        rs_value *item = rs_value_scalar(arena, text->pos, s + lo, hi - lo, false);
        if (!item || !rs_value_append(arena, list, "", 0, text->pos, item))
            return NULL;
        s = s[n] ? s + n + 1 : NULL;
    }
    return list;
}

/* The value as a list; NULL without memory. */
static rs_value *as_list(rs_opt_ctx *ctx, const rs_opt *row, rs_value *v)
{
    const rs_opt_type *type = list_of(row)->item->type;
    if (v->kind == RS_VALUE_LIST)
        return v;
    if (v->kind == RS_VALUE_SCALAR && (type == &rs_opt_int || type == &rs_opt_float))
        return split(ctx->arena, v);
    rs_value *list = rs_value_list(ctx->arena, v->pos);
    return list && rs_value_append(ctx->arena, list, "", 0, v->pos, v) ? list : NULL;
}

/* A list of files is most often one file, which is then written and named without brackets. */
static bool is_plain(const rs_opt *row, size_t n)
{
    return n == 1 && list_of(row)->item->type == &rs_opt_path;
}

/* Every problem of every item is reported. */
static bool parse_items(rs_opt_ctx *ctx, const rs_opt *row, const char *path, const rs_value *list,
                        char *items)
{
    const rs_opt *item = list_of(row)->item;
    const rs_opt_group *group = rs_opt_subgroup(item);
    size_t i = 0;
    bool ok = true;
    for (rs_entry *e = list->first; e; e = e->next, i++) {
        char index[32];
        snprintf(index, sizeof(index), "[%zu]", i);
        const bool plain = is_plain(row, list->first->next ? 2 : 1);
        const char *where = plain ? path : rs_opt_key_path(ctx, path, index);
        void *at = items + i * list_of(row)->size;
        if (group)
            rs_opt_defaults(group, at);
        if (e->value->kind == RS_VALUE_BAD || !item->type->parse(ctx, item, where, e->value, at) ||
            (item->check && ctx->check_files && !item->check(ctx, item, where, e->value, at)))
            ok = false;
    }
    return ok;
}

static bool list_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    const rs_value *list = as_list(ctx, row, v);
    if (!list)
        return no_memory(ctx);
    size_t n = 0, bytes;
    for (const rs_entry *e = list->first; e; e = e->next)
        n++;
    if (n > MAX_ITEMS) {
        rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL, "%zu items, at most %d are taken", n,
                     (int)MAX_ITEMS);
        return false;
    }
    if (n == 0 && row->flags & RS_OPT_REQUIRED) {
        rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL, "expected at least one item");
        return false;
    }
    if (n == 0) {
        *(rs_list *)at = (rs_list){ 0 };
        return true;
    }
    char *items = rs_mul_size(n, list_of(row)->size, &bytes) ? rs_arena_alloc(ctx->arena, bytes) : NULL;
    if (!items)
        return no_memory(ctx);
    memset(items, 0, bytes);
    if (!parse_items(ctx, row, path, list, items))
        return false;
    *(rs_list *)at = (rs_list){ n, items };
    return true;
}

/* {key: value, key: value} of what has a value. */
static void print_group(rs_strbuf *sb, const rs_opt_group *group, const void *values)
{
    const char *comma = "";
    rs_strbuf value;
    rs_strbuf_init(&value, sb->max);
    rs_strbuf_puts(sb, "{");
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        rs_strbuf_clear(&value);
        if (sub)
            print_group(&value, sub, rs_opt_field(row, values));
        else
            row->type->print(&value, row, rs_opt_field(row, values));
        sb->failed |= value.failed;
        if (value.len == 0)
            continue;
        rs_strbuf_printf(sb, "%s%s: %s", comma, row->key, value.data);
        comma = ", ";
    }
    rs_strbuf_puts(sb, "}");
    rs_strbuf_release(&value);
}

static void list_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    const rs_list *list = at;
    const rs_opt *item = list_of(row)->item;
    for (size_t i = 0; i < list->n; i++) {
        const void *value = (const char *)list->at + i * list_of(row)->size;
        if (!is_plain(row, list->n))
            rs_strbuf_puts(sb, i ? ", " : "[");
        if (rs_opt_subgroup(item))
            print_group(sb, rs_opt_subgroup(item), value);
        else
            item->type->print(sb, item, value);
    }
    if (list->n && !is_plain(row, list->n))
        rs_strbuf_puts(sb, "]");
}

static bool list_equal(const rs_opt *row, const void *a, const void *b)
{
    const rs_list *x = a, *y = b;
    const size_t size = list_of(row)->size;
    if (x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        if (!list_of(row)->item->type->equal(list_of(row)->item, (const char *)x->at + i * size,
                                             (const char *)y->at + i * size))
            return false;
    }
    return true;
}

static void list_bounds(rs_strbuf *sb, const rs_opt *row)
{
    const rs_opt *item = list_of(row)->item;
    if (rs_opt_subgroup(item) || item->type == &rs_opt_path) {
        rs_strbuf_puts(sb, rs_opt_subgroup(item) ? "list of groups" : "path or list of paths");
        return;
    }
    rs_strbuf_puts(sb, "list of ");
    const size_t before = sb->len;
    item->type->bounds(sb, item);
    if (sb->len == before)
        rs_strbuf_puts(sb, item->type->name);
}

static void list_schema(rs_strbuf *sb, const rs_opt *row)
{
    const rs_opt *item = list_of(row)->item;
    const bool files = item->type == &rs_opt_path;
    rs_strbuf_puts(sb, files ? "\"type\": [\"string\", \"array\"]" : "\"type\": \"array\"");
    if (rs_opt_subgroup(item)) /* opt_doc.c appends its items */
        return;
    rs_strbuf_puts(sb, ", \"items\": {");
    item->type->schema(sb, item);
    rs_strbuf_puts(sb, "}");
}

const rs_opt_type rs_opt_list = { "list", list_parse, list_print, list_equal, list_bounds, list_schema };
