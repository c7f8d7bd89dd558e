/* The types of option values. Each is five small functions: parse, print,
 * equal, bounds, schema, and its vtable. */
#define _DEFAULT_SOURCE /* getentropy */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "opt/number.h"
#include "opt/opt.h"
#include "opt/opt_text.h"
#include "opt/path.h"

enum { MAX_CHOICES = 64, MAX_SIDE = 32768 };

bool rs_opt_refuse(rs_opt_ctx *ctx, const char *path, const rs_value *v, const char *suggestion,
                   const char *expected)
{
    char buf[RS_SHOW_MAX];
    rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, suggestion, "expected %s, not %s",
                 expected, rs_value_show(v, buf));
    return false;
}

static bool refuse_range(rs_opt_ctx *ctx, const rs_opt *row, const char *path, const rs_value *v)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 200);
    row->type->bounds(&sb, row);
    rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL, "%.40s is out of range, expected %s",
                 v->text, rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return false;
}

static bool is_plain(const rs_value *v)
{
    return v->kind == RS_VALUE_SCALAR && !v->quoted;
}

/* bool */

static bool bool_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    (void)row;
    const char *text = v->kind == RS_VALUE_SCALAR ? v->text : "";
    if (is_plain(v) && strcmp(text, "true") == 0) {
        *(bool *)at = true;
        return true;
    }
    if (is_plain(v) && strcmp(text, "false") == 0) {
        *(bool *)at = false;
        return true;
    }
    /* yes, no, on, off: YAML 1.1's other names, which mean different things to
     * different parsers. */
    const bool yes = strchr("tTyY1", text[0]) || strcmp(text, "on") == 0;
    const char *guess = text[0] == '\0' ? NULL : yes ? "true" : "false";
    return rs_opt_refuse(ctx, path, v, guess, "true or false");
}

static void bool_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    rs_strbuf_puts(sb, *(const bool *)at ? "true" : "false");
}

static bool bool_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    return *(const bool *)a == *(const bool *)b;
}

static void bool_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "true or false");
}

static void bool_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": \"boolean\"");
}

const rs_opt_type rs_opt_bool = { "bool", bool_parse, bool_print, bool_equal, bool_bounds,
                                  bool_schema };

/* int and float share ranges and the word that stands for a value outside */

static bool parse_word(const rs_opt *row, const rs_value *v, double *out)
{
    const rs_opt_word *word = row->priv;
    if (!word || v->kind != RS_VALUE_SCALAR || strcmp(v->text, word->name) != 0)
        return false;
    *out = word->value;
    return true;
}

static bool refuse_number(rs_opt_ctx *ctx, const rs_opt *row, const char *path, const rs_value *v,
                          const char *what)
{
    const rs_opt_word *word = row->priv;
    char expected[80];
    snprintf(expected, sizeof(expected), "%s%s%s", what, word ? " or " : "", word ? word->name : "");
    const char *guess =
        word && v->kind == RS_VALUE_SCALAR ? rs_suggest(v->text, &word->name, 1) : NULL;
    return rs_opt_refuse(ctx, path, v, guess, expected);
}

static void number_bounds(rs_strbuf *sb, const rs_opt *row)
{
    const rs_opt_word *word = row->priv;
    if (word)
        rs_strbuf_printf(sb, "%s or ", word->name);
    rs_print_real(sb, row->min);
    rs_strbuf_puts(sb, " to ");
    rs_print_real(sb, row->max);
}

static void number_schema(rs_strbuf *sb, const rs_opt *row, const char *type)
{
    const rs_opt_word *word = row->priv;
    if (word)
        rs_strbuf_printf(sb, "\"anyOf\": [{\"const\": \"%s\"}, {", word->name);
    rs_strbuf_printf(sb, "\"type\": \"%s\", \"minimum\": ", type);
    rs_print_real(sb, row->min);
    rs_strbuf_puts(sb, ", \"maximum\": ");
    rs_print_real(sb, row->max);
    if (word)
        rs_strbuf_puts(sb, "}]");
}

static bool print_word(rs_strbuf *sb, const rs_opt *row, double value)
{
    const rs_opt_word *word = row->priv;
    if (!word || (value >= row->min && value <= row->max))
        return false;
    rs_strbuf_puts(sb, word->name);
    return true;
}

static bool int_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    double word;
    if (parse_word(row, v, &word)) {
        *(int *)at = (int)word;
        return true;
    }
    int64_t n = 0;
    const rs_number r = is_plain(v) ? rs_parse_int(v->text, &n) : RS_NUMBER_NOT;
    if (r == RS_NUMBER_NOT)
        return refuse_number(ctx, row, path, v, "a whole number");
    if (r == RS_NUMBER_BIG || (double)n < row->min || (double)n > row->max)
        return refuse_range(ctx, row, path, v);
    *(int *)at = (int)n;
    return true;
}

static void int_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    const int n = *(const int *)at;
    if (!print_word(sb, row, n))
        rs_strbuf_printf(sb, "%d", n);
}

static bool int_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    return *(const int *)a == *(const int *)b;
}

static void int_schema(rs_strbuf *sb, const rs_opt *row)
{
    number_schema(sb, row, "integer");
}

const rs_opt_type rs_opt_int = { "int", int_parse, int_print, int_equal, number_bounds,
                                 int_schema };

static bool float_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    double x;
    if (parse_word(row, v, &x)) {
        *(float *)at = (float)x;
        return true;
    }
    const rs_number r = is_plain(v) ? rs_parse_real(v->text, &x) : RS_NUMBER_NOT;
    if (r == RS_NUMBER_NOT)
        return refuse_number(ctx, row, path, v, "a number");
    if (r == RS_NUMBER_BIG || x < row->min || x > row->max)
        return refuse_range(ctx, row, path, v);
    *(float *)at = (float)x;
    return true;
}

static void float_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    const double x = (double)*(const float *)at;
    if (!print_word(sb, row, x))
        rs_print_real(sb, x);
}

static bool float_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    return *(const float *)a == *(const float *)b;
}

static void float_schema(rs_strbuf *sb, const rs_opt *row)
{
    number_schema(sb, row, "number");
}

const rs_opt_type rs_opt_float = { "float", float_parse, float_print, float_equal, number_bounds,
                                   float_schema };

/* seed: `random` is drawn here, once, so that the dump shows what was used */

static bool seed_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    if (v->kind == RS_VALUE_SCALAR && strcmp(v->text, "random") == 0) {
        uint32_t drawn; /* 32 bits are easy to copy, and what other programs take */
        if (getentropy(&drawn, sizeof(drawn)) != 0) {
            rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, NULL,
                         "no random number from the system: write a number");
            return false;
        }
        *(uint64_t *)at = drawn;
        return true;
    }
    const char *const word = "random";
    uint64_t n = 0;
    const rs_number r = is_plain(v) ? rs_parse_uint(v->text, &n) : RS_NUMBER_NOT;
    int64_t negative;
    if (r == RS_NUMBER_BIG || (is_plain(v) && rs_parse_int(v->text, &negative) == RS_NUMBER_OK &&
                               negative < 0))
        return refuse_range(ctx, row, path, v);
    if (r == RS_NUMBER_NOT)
        return rs_opt_refuse(ctx, path, v,
                      v->kind == RS_VALUE_SCALAR ? rs_suggest(v->text, &word, 1) : NULL,
                      "a whole number or random");
    *(uint64_t *)at = n;
    return true;
}

static void seed_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    rs_strbuf_printf(sb, "%llu", (unsigned long long)*(const uint64_t *)at);
}

static bool seed_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    return *(const uint64_t *)a == *(const uint64_t *)b;
}

static void seed_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "random or 0 to 18446744073709551615");
}

static void seed_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"anyOf\": [{\"const\": \"random\"}, {\"type\": \"integer\", \"minimum\": 0, "
                       "\"maximum\": 18446744073709551615}]");
}

const rs_opt_type rs_opt_seed = { "seed", seed_parse, seed_print, seed_equal, seed_bounds,
                                  seed_schema };

/* string and path */

static bool string_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    if (v->kind != RS_VALUE_SCALAR)
        return rs_opt_refuse(ctx, path, v, NULL, "a text");
    if ((double)strlen(v->text) < row->min)
        return rs_opt_refuse(ctx, path, v, NULL, "a text that is not empty");
    *(const char **)at = v->text;
    return true;
}

static void string_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    const char *s = *(const char *const *)at;
    if (s)
        rs_print_yaml_string(sb, s);
}

static bool string_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    return x && y ? strcmp(x, y) == 0 : x == y;
}

static void no_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)sb;
    (void)row;
}

static void string_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": \"string\"");
}

const rs_opt_type rs_opt_string = { "text", string_parse, string_print, string_equal, no_bounds,
                                    string_schema };

static bool path_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    const rs_opt_choice *word = row->priv;
    for (; word && word->name && v->kind == RS_VALUE_SCALAR; word++) {
        if (strcmp(v->text, word->name) == 0) {
            *(const char **)at = word->name;
            return true;
        }
    }
    if (v->kind != RS_VALUE_SCALAR || v->text[0] == '\0')
        return rs_opt_refuse(ctx, path, v, NULL, "a path");
    const char *dir = v->pos.line ? ctx->file_dir : ctx->current_dir;
    char *full = rs_path_resolve(ctx->arena, dir, v->text);
    if (!full) {
        ctx->diags->nomem = true;
        return false;
    }
    *(const char **)at = full;
    return true;
}

static void path_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": \"string\", \"minLength\": 1");
}

static void path_bounds(rs_strbuf *sb, const rs_opt *row)
{
    for (const rs_opt_choice *word = row->priv; word && word->name; word++)
        rs_strbuf_printf(sb, "%s%s", word->name, word[1].name ? ", " : " or a path");
}

const rs_opt_type rs_opt_path = { "path", path_parse, string_print, string_equal, path_bounds,
                                  path_schema };

/* size: WxH */

static bool parse_side(const char *s, size_t n, int *out)
{
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || v > MAX_SIDE)
            return false;
        v = v * 10 + (s[i] - '0');
    }
    *out = v;
    return n > 0;
}

static bool size_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    const char *x = v->kind == RS_VALUE_SCALAR ? strchr(v->text, 'x') : NULL;
    rs_size size;
    if (!x || !parse_side(v->text, (size_t)(x - v->text), &size.width) ||
        !parse_side(x + 1, strlen(x + 1), &size.height))
        return rs_opt_refuse(ctx, path, v, NULL, "a size as WIDTHxHEIGHT, such as 512x512");
    if (size.width < row->min || size.width > row->max || size.height < row->min ||
        size.height > row->max)
        return refuse_range(ctx, row, path, v);
    const int step = (int)row->step;
    if (size.width % step || size.height % step) {
        char near[32];
        snprintf(near, sizeof(near), "%dx%d", (size.width + step / 2) / step * step,
                 (size.height + step / 2) / step * step);
        rs_diags_add(ctx->diags, v->pos, path, RS_E_INVALID, rs_arena_strdup(ctx->arena, near),
                     "width and height must be multiples of %d, not %s", step, v->text);
        return false;
    }
    *(rs_size *)at = size;
    return true;
}

static void size_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    const rs_size *size = at;
    if (size->width)
        rs_strbuf_printf(sb, "%dx%d", size->width, size->height);
}

static bool size_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    const rs_size *x = a, *y = b;
    return x->width == y->width && x->height == y->height;
}

static void size_bounds(rs_strbuf *sb, const rs_opt *row)
{
    rs_strbuf_printf(sb, "%dx%d to %dx%d", (int)row->min, (int)row->min, (int)row->max,
                     (int)row->max);
    if (row->step > 1)
        rs_strbuf_printf(sb, " in steps of %d", (int)row->step);
}

static void size_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": \"string\", \"pattern\": \"^[0-9]+x[0-9]+$\"");
}

const rs_opt_type rs_opt_size = { "size", size_parse, size_print, size_equal, size_bounds,
                                  size_schema };

/* enum and kind: one of some names */

static size_t enum_names(const rs_opt *row, const char *names[MAX_CHOICES])
{
    size_t n = 0;
    for (const rs_opt_choice *c = row->priv; c->name && n < MAX_CHOICES; c++)
        names[n++] = c->name;
    return n;
}

static size_t kind_names(const rs_opt *row, const char *names[MAX_CHOICES])
{
    const rs_opt_kind *kind = row->priv;
    size_t n = 0;
    while (n < MAX_CHOICES && (names[n] = kind->name(n)))
        n++;
    return n;
}

/* The index of the name that was written, or n after a report. */
static size_t parse_name(rs_opt_ctx *ctx, const rs_opt *row, const char *path, const rs_value *v,
                         const char *const *names, size_t n)
{
    for (size_t i = 0; v->kind == RS_VALUE_SCALAR && i < n; i++) {
        if (strcmp(v->text, names[i]) == 0)
            return i;
    }
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1000);
    row->type->bounds(&sb, row);
    rs_opt_refuse(ctx, path, v, v->kind == RS_VALUE_SCALAR ? rs_suggest(v->text, names, n) : NULL,
                  rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return n;
}

static void print_names(rs_strbuf *sb, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rs_strbuf_printf(sb, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
}

static void schema_names(rs_strbuf *sb, const char *const *names, size_t n)
{
    rs_strbuf_puts(sb, "\"enum\": [");
    for (size_t i = 0; i < n; i++)
        rs_strbuf_printf(sb, "%s\"%s\"", i ? ", " : "", names[i]);
    rs_strbuf_puts(sb, "]");
}

static bool enum_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    const char *names[MAX_CHOICES];
    const size_t n = enum_names(row, names), i = parse_name(ctx, row, path, v, names, n);
    if (i == n)
        return false;
    *(int *)at = ((const rs_opt_choice *)row->priv)[i].value;
    return true;
}

static void enum_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    for (const rs_opt_choice *c = row->priv; c->name; c++) {
        if (c->value == *(const int *)at)
            rs_strbuf_puts(sb, c->name);
    }
}

static void enum_bounds(rs_strbuf *sb, const rs_opt *row)
{
    const char *names[MAX_CHOICES];
    print_names(sb, names, enum_names(row, names));
}

static void enum_schema(rs_strbuf *sb, const rs_opt *row)
{
    const char *names[MAX_CHOICES];
    schema_names(sb, names, enum_names(row, names));
}

const rs_opt_type rs_opt_enum = { "choice", enum_parse, enum_print, int_equal, enum_bounds,
                                  enum_schema };

static bool kind_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    const char *names[MAX_CHOICES];
    const size_t n = kind_names(row, names), i = parse_name(ctx, row, path, v, names, n);
    if (i == n)
        return false;
    *(const char **)at = names[i];
    return true;
}

static void kind_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    rs_strbuf_puts(sb, *(const char *const *)at);
}

static void kind_bounds(rs_strbuf *sb, const rs_opt *row)
{
    const char *names[MAX_CHOICES];
    print_names(sb, names, kind_names(row, names));
}

static void kind_schema(rs_strbuf *sb, const rs_opt *row)
{
    const char *names[MAX_CHOICES];
    schema_names(sb, names, kind_names(row, names));
}

const rs_opt_type rs_opt_kinds = { "choice", kind_parse, kind_print, string_equal, kind_bounds,
                                   kind_schema };

/* sub-group: its own rows. The walkers in opt.c and opt_doc.c descend by
 * rs_opt_subgroup, so it has nothing to print by itself. */

static bool sub_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    if (v->kind != RS_VALUE_MAP && v->kind != RS_VALUE_NULL)
        return rs_opt_refuse(ctx, path, v, NULL, "keys of its own below it");
    const size_t before = ctx->diags->n + ctx->diags->dropped;
    rs_opt_parse(ctx, row->priv, rs_opt_key_path(ctx, path, "."), v, at);
    return ctx->diags->n + ctx->diags->dropped == before;
}

static bool sub_equal(const rs_opt *row, const void *a, const void *b)
{
    return rs_opt_equal(row->priv, a, b);
}

const rs_opt_type rs_opt_sub = { .name = "group", .parse = sub_parse, .equal = sub_equal };
