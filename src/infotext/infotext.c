/* The pairs are what this expression finds one after another (its name in the
 * source is re_param), matched by hand, as no part of it can match in two ways:
 *
 *     \s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)
 */
#include "infotext/infotext.h"

#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/unicode.h"
#include "base/utf8.h"

#define NEGATIVE "Negative prompt:"
enum { LEAST_PAIRS = 3 };

typedef struct span {
    const char *at, *end;
} span;

/* Python's str.isspace: White_Space and the four separators of ASCII. */
static bool is_space(uint32_t c)
{
    return rs_unicode_is_space(c) || (c >= 0x1c && c <= 0x1f);
}

static bool is_word(uint32_t c)
{
    return c == '_' || rs_unicode_is_letter(c) || rs_unicode_is_number(c);
}

static bool is_key(uint32_t c)
{
    return is_word(c) || c == ' ' || c == '-' || c == '/';
}

/* Behind the run of characters that are `is`. */
static const char *skip(const char *p, const char *end, bool (*is)(uint32_t c))
{
    while (p < end) {
        const char *next = p;
        if (!is(rs_utf8_next(&next, end)))
            break;
        p = next;
    }
    return p;
}

static span strip(span s)
{
    s.at = skip(s.at, s.end, is_space);
    const char *last = s.at; /* behind the last that is no space */
    for (const char *p = s.at; p < s.end;)
        if (!is_space(rs_utf8_next(&p, s.end)))
            last = p;
    s.end = last;
    return s;
}

/* Behind a quoted string at p that a comma or the end follows, or NULL. */
static const char *skip_quoted(const char *p, const char *end)
{
    const char *const start = p;
    if (p == end || *p++ != '"')
        return NULL;
    while (p < end && *p != '"')
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    if (p >= end || p == start + 1) /* open or empty */
        return NULL;
    p++;
    return p == end || *p == ',' ? p : NULL;
}

/* A pair that starts at p exactly; *next is behind it and its comma. */
static bool match_pair(const char *p, const char *end, span *key, span *value, const char **next)
{
    key->at = p = skip(p, end, is_space);
    const char *first = p;
    if (p == end || !is_word(rs_utf8_next(&first, end)))
        return false;
    key->end = p = skip(p, end, is_key);
    if (p == first || p == end || *p != ':') /* at least two characters */
        return false;
    value->at = p = skip(p + 1, end, is_space);
    const char *quoted = skip_quoted(p, end);
    const char *comma = memchr(p, ',', (size_t)(end - p));
    value->end = quoted ? quoted : comma ? comma : end;
    *next = value->end < end ? value->end + 1 : end;
    return true;
}

static bool find_pair(const char **p, const char *end, span *key, span *value)
{
    while (*p < end) {
        if (match_pair(*p, end, key, value, p))
            return true;
        rs_utf8_next(p, end);
    }
    return false;
}

static size_t count_pairs(span line)
{
    span key, value;
    size_t n = 0;
    while (find_pair(&line.at, line.end, &key, &value))
        n++;
    return n;
}

/* A JSON string without its quotes, or the text as it is when it is none. */
static const char *unquote(rs_arena *arena, span v)
{
    const size_t n = (size_t)(v.end - v.at);
    const rs_json *json = NULL;
    if (n > 1 && v.at[0] == '"' && v.end[-1] == '"' &&
        rs_json_parse(arena, v.at, n, "infotext", &json, NULL) == RS_OK && json->type == RS_JSON_STRING)
        return json->string;
    return rs_arena_strndup(arena, v.at, n);
}

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the parameters of a picture");
}

static rs_status read_fields(rs_arena *arena, span line, size_t n, rs_infotext *out, rs_err *err)
{
    rs_infotext_field *fields = RS_NEW_N(arena, rs_infotext_field, n + 1);
    span key, value;
    if (!fields)
        return no_memory(err);
    for (out->n = 0; find_pair(&line.at, line.end, &key, &value);) {
        if (value.at == value.end)
            continue;
        rs_infotext_field *f = &fields[out->n++];
        f->key = rs_arena_strndup(arena, key.at, (size_t)(key.end - key.at));
        f->value = unquote(arena, value);
        if (!f->key || !f->value)
            return no_memory(err);
    }
    out->fields = fields;
    return RS_OK;
}

/* Adds a line to a text that is empty so far or not. */
static void join(char *text, size_t *len, span line)
{
    const size_t n = (size_t)(line.end - line.at);
    if (*len)
        text[(*len)++] = '\n';
    memcpy(text + *len, line.at, n);
    *len += n;
}

/* text: all but the line of pairs. */
static rs_status read_prompts(rs_arena *arena, span text, rs_infotext *out, rs_err *err)
{
    const size_t size = (size_t)(text.end - text.at) + 2, mark = strlen(NEGATIVE);
    char *parts[2] = { rs_arena_calloc(arena, size, 1), rs_arena_calloc(arena, size, 1) };
    size_t len[2] = { 0, 0 };
    int part = 0;
    if (!parts[0] || !parts[1])
        return no_memory(err);
    while (text.at < text.end) {
        const char *nl = memchr(text.at, '\n', (size_t)(text.end - text.at));
        span line = strip((span){ text.at, nl ? nl : text.end });
        text.at = nl ? nl + 1 : text.end;
        if ((size_t)(line.end - line.at) >= mark && memcmp(line.at, NEGATIVE, mark) == 0) {
            part = 1;
            line = strip((span){ line.at + mark, line.end });
        }
        join(parts[part], &len[part], line);
    }
    out->prompt = parts[0];
    out->negative = parts[1];
    return RS_OK;
}

rs_status rs_infotext_parse(rs_arena *arena, const char *text, size_t size, rs_infotext *out,
                            rs_err *err)
{
    if (size > RS_INFOTEXT_MAX_BYTES)
        return RS_FAIL(err, RS_E_RANGE, "the parameters have %zu bytes, at most %d are read", size,
                       (int)RS_INFOTEXT_MAX_BYTES);
    const char *zero = size ? memchr(text, '\0', size) : NULL;
    span all = strip((span){ text, zero ? zero : text + size }), line = all;
    for (const char *p; (p = memchr(line.at, '\n', (size_t)(line.end - line.at)));)
        line.at = p + 1;
    size_t n = count_pairs(line);
    if (n < LEAST_PAIRS)
        n = 0;
    *out = (rs_infotext){ 0 };
    if (n)
        all.end = line.at;
    RS_TRY(read_prompts(arena, all, out, err));
    return n ? read_fields(arena, line, n, out, err) : RS_OK;
}

const char *rs_infotext_get(const rs_infotext *info, const char *key)
{
    for (size_t i = info->n; i-- > 0;)
        if (strcmp(info->fields[i].key, key) == 0)
            return info->fields[i].value;
    return NULL;
}

void rs_infotext_put_prompts(rs_strbuf *sb, const char *prompt, const char *negative)
{
    rs_strbuf_puts(sb, prompt);
    if (negative[0])
        rs_strbuf_printf(sb, "\n" NEGATIVE " %s", negative);
    rs_strbuf_puts(sb, "\n");
}

void rs_infotext_put(rs_strbuf *sb, const char *key, const char *value)
{
    const char last = sb->len ? sb->data[sb->len - 1] : '\n';
    rs_strbuf_printf(sb, "%s%s: ", last == '\n' ? "" : ", ", key);
    if (strpbrk(value, ",\n:"))
        rs_strbuf_json(sb, value);
    else
        rs_strbuf_puts(sb, value);
}
