/* Pairs: {key: value, ...} whose keys are not ours, such as an encoder's options. */
#include <string.h>

#include "opt/opt.h"
#include "opt/opt_text.h"

enum { MAX_PAIRS = 256 };

static bool refuse(rs_opt_ctx *ctx, const char *path, const rs_value *v, const char *expected)
{
    char buf[RS_SHOW_MAX];
    rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL, "expected %s, not %s", expected,
                 rs_value_show(v, buf));
    return false;
}

/* Of the entries before e, too, for which it is quadratic: there are few. */
static bool check_entry(rs_opt_ctx *ctx, const char *path, const rs_value *map, const rs_entry *e)
{
    const char *where = rs_opt_key_path(ctx, path, e->key);
    const rs_entry *first = rs_value_find(map, e->key, strlen(e->key));
    if (e->value->kind == RS_VALUE_BAD)
        return false;
    if (first != e) {
        rs_diags_add(ctx->diags, e->pos, where, RS_E_INVALID, NULL,
                     "written twice (first in line %d): delete one", first->pos.line);
        return false;
    }
    return e->value->kind == RS_VALUE_SCALAR || refuse(ctx, where, e->value, "a value");
}

static bool pairs_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    (void)row;
    size_t n = 0;
    bool ok = true;
    if (v->kind != RS_VALUE_MAP)
        return refuse(ctx, path, v, "pairs such as {key: value}");
    const char *prefix = rs_opt_key_path(ctx, path, ".");
    for (const rs_entry *e = v->first; e && n <= MAX_PAIRS; e = e->next, n++)
        ok = check_entry(ctx, prefix, v, e) && ok;
    if (n > MAX_PAIRS) {
        rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL, "at most %d pairs are taken",
                     (int)MAX_PAIRS);
        return false;
    }
    rs_pair *pairs = n ? RS_NEW_N(ctx->arena, rs_pair, n) : NULL;
    ctx->diags->nomem = ctx->diags->nomem || (n && !pairs);
    if (!ok || (n && !pairs))
        return false;
    n = 0;
    for (const rs_entry *e = v->first; e; e = e->next)
        pairs[n++] = (rs_pair){ e->key, e->value->text };
    *(rs_list *)at = (rs_list){ n, pairs };
    return true;
}

static void pairs_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    const rs_list *list = at;
    const rs_pair *pairs = list->at;
    for (size_t i = 0; i < list->n; i++) {
        rs_strbuf_puts(sb, i ? ", " : "{");
        rs_print_yaml_string(sb, pairs[i].key);
        rs_strbuf_puts(sb, ": ");
        rs_print_yaml_string(sb, pairs[i].value);
    }
    if (list->n)
        rs_strbuf_puts(sb, "}");
}

static bool pairs_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    const rs_list *x = a, *y = b;
    const rs_pair *p = x->at, *q = y->at;
    bool equal = x->n == y->n;
    for (size_t i = 0; equal && i < x->n; i++)
        equal = strcmp(p[i].key, q[i].key) == 0 && strcmp(p[i].value, q[i].value) == 0;
    return equal;
}

static void pairs_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "{key: value, ...}");
}

static void pairs_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": \"object\", \"additionalProperties\": "
                       "{\"type\": [\"string\", \"number\", \"boolean\"]}");
}

const rs_opt_type rs_opt_pairs = { "pairs", pairs_parse, pairs_print, pairs_equal, pairs_bounds,
                                   pairs_schema };
