/* A recursive descent parser whose depth is limited. Nodes are taken from the
 * arena in batches, and all strings of a document share one buffer: a decoded
 * string with its terminator is never longer than its source with the quotes. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json_number.h"

#define NODE_BATCH 64
#define LINEAR_MAX 8 /* members up to which a scan is faster than a hash table */

struct parser {
    rs_arena *arena;
    const char *name;
    const char *p, *end, *line_start;
    uint32_t line;
    int depth;
    char *strings; /* where the next decoded string goes */
    rs_json *nodes;
    size_t nodes_left, n_nodes;
    rs_err *err;
};

static rs_status parse_value(struct parser *ps, rs_json *node);

/* What stands at p, for messages. */
static const char *found(const struct parser *ps, char *buf, size_t size)
{
    if (ps->p >= ps->end)
        return "the end";
    const unsigned char c = (unsigned char)*ps->p;
    if (c > 0x20 && c < 0x7f)
        snprintf(buf, size, "'%c'", c);
    else
        snprintf(buf, size, "byte 0x%02x", c);
    return buf;
}

static rs_status fail_at(const struct parser *ps, const char *at, const char *what)
{
    return RS_FAIL(ps->err, RS_E_FORMAT, "%s:%u:%zu: %s", ps->name, ps->line,
                   (size_t)(at - ps->line_start) + 1, what);
}

static rs_status expected(const struct parser *ps, const char *what)
{
    char c[16], text[96];
    snprintf(text, sizeof(text), "expected %s, found %s", what, found(ps, c, sizeof(c)));
    return fail_at(ps, ps->p, text);
}

static rs_status no_memory(const struct parser *ps)
{
    return RS_FAIL(ps->err, RS_E_NOMEM, "no memory to parse '%s'", ps->name);
}

static void skip_space(struct parser *ps)
{
    for (; ps->p < ps->end; ps->p++) {
        if (*ps->p == '\n') {
            ps->line++;
            ps->line_start = ps->p + 1;
        } else if (*ps->p != ' ' && *ps->p != '\t' && *ps->p != '\r') {
            return;
        }
    }
}

static bool next_is(const struct parser *ps, char c)
{
    return ps->p < ps->end && *ps->p == c;
}

static rs_status new_node(struct parser *ps, rs_json **out)
{
    if (ps->n_nodes++ >= RS_JSON_MAX_NODES)
        return RS_FAIL(ps->err, RS_E_RANGE, "%s:%u: more than %d values", ps->name, ps->line,
                       RS_JSON_MAX_NODES);
    if (ps->nodes_left == 0) {
        /* The batch grows with the document, so small ones stay small. */
        const size_t n = ps->n_nodes < NODE_BATCH ? NODE_BATCH : 8 * NODE_BATCH;
        if (!(ps->nodes = RS_NEW_N(ps->arena, rs_json, n)))
            return no_memory(ps);
        ps->nodes_left = n;
    }
    ps->nodes_left--;
    *out = ps->nodes++;
    return RS_OK;
}

/* Four hex digits at p; -1 when there are none. */
static long hex4(const struct parser *ps, const char *p)
{
    if (ps->end - p < 4)
        return -1;
    long v = 0;
    for (int i = 0; i < 4; i++) {
        const char c = p[i];
        const int d = c >= '0' && c <= '9' ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *to, unsigned long c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* p stands behind "\u". Six source bytes give at most three, twelve give four. */
static rs_status parse_unicode_escape(struct parser *ps, char **to)
{
    const char *start = ps->p - 2;
    long c = hex4(ps, ps->p);
    if (c < 0)
        return fail_at(ps, start, "\\u needs four hexadecimal digits");
    ps->p += 4;
    if (c == 0)
        return fail_at(ps, start, "a string may not hold the character U+0000");
    if (c >= 0xdc00 && c <= 0xdfff)
        return fail_at(ps, start, "a low surrogate without a high one before it");
    if (c >= 0xd800 && c <= 0xdbff) {
        const bool pair = ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u';
        const long low = pair ? hex4(ps, ps->p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return fail_at(ps, start, "a high surrogate without a low one behind it");
        ps->p += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, (unsigned long)c);
    return RS_OK;
}

static rs_status parse_escape(struct parser *ps, char **to)
{
    static const char from[] = "\"\\/bfnrt", value[] = "\"\\/\b\f\n\r\t";
    const char *start = ps->p++;
    if (ps->p >= ps->end)
        return fail_at(ps, ps->p, "the text ends inside a string");
    const char c = *ps->p++;
    if (c == 'u')
        return parse_unicode_escape(ps, to);
    const char *k = c ? strchr(from, c) : NULL;
    if (!k)
        return fail_at(ps, start, "unknown escape in a string");
    *(*to)++ = value[k - from];
    return RS_OK;
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629, table 3-7 of the
 * Unicode standard), 0 when it is none. p[0] >= 0x80. */
static int utf8_length(const unsigned char *p, const unsigned char *end)
{
    const int n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2
                  : (p[0] & 0xf0) == 0xe0 ? 3
                  : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (n == 0 || end - p < n)
        return 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

static rs_status parse_string(struct parser *ps, const char **text, uint32_t *len)
{
    char *const start = ps->strings, *to = start;
    ps->p++; /* the opening quote */
    for (;;) {
        if (ps->p >= ps->end)
            return fail_at(ps, ps->p, "the text ends inside a string");
        const unsigned char c = (unsigned char)*ps->p;
        if (c == '"')
            break;
        if (c == '\\') {
            RS_TRY(parse_escape(ps, &to));
        } else if (c < 0x20) {
            return fail_at(ps, ps->p, "a control character in a string must be escaped");
        } else if (c < 0x80) {
            *to++ = *ps->p++;
        } else {
            const int n = utf8_length((const unsigned char *)ps->p, (const unsigned char *)ps->end);
            if (n == 0)
                return fail_at(ps, ps->p, "a string is not valid UTF-8");
            memcpy(to, ps->p, (size_t)n);
            to += n;
            ps->p += n;
        }
    }
    ps->p++;
    *text = start;
    *len = (uint32_t)(to - start);
    *to++ = '\0';
    ps->strings = to;
    return RS_OK;
}

static rs_status parse_number(struct parser *ps, rs_json *node)
{
    const char *start = ps->p;
    switch (rs_json_scan_number(&ps->p, ps->end, node)) {
    case RS_JSON_NUMBER_OK: return RS_OK;
    case RS_JSON_NUMBER_HUGE: return fail_at(ps, start, "a number is too large");
    default: return expected(ps, "a digit");
    }
}

static rs_status parse_word(struct parser *ps, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(ps->end - ps->p) < n || memcmp(ps->p, word, n) != 0)
        return expected(ps, "a value");
    ps->p += n;
    return RS_OK;
}

/* FNV-1a, with the high bits folded down for the mask. */
static uint32_t hash_key(const char *key, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t index_slots(uint32_t n)
{
    uint32_t slots = 16;
    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

static bool same_key(const rs_json *m, const char *key, size_t len)
{
    return m->key_len == len && memcmp(m->key, key, len) == 0;
}

static rs_status duplicate(const struct parser *ps, const rs_json *m)
{
    return rs_json_fail(ps->err, RS_E_FORMAT, ps->name, m, "key '%.200s' appears twice", m->key);
}

/* Builds the hash table of a large object; refuses keys that appear twice. */
static rs_status index_object(struct parser *ps, rs_json *node)
{
    if (node->n <= LINEAR_MAX) {
        for (const rs_json *a = node->first; a; a = a->next)
            for (const rs_json *b = a->next; b; b = b->next)
                if (same_key(b, a->key, a->key_len))
                    return duplicate(ps, b);
        return RS_OK;
    }
    const uint32_t mask = index_slots(node->n) - 1;
    if (!(node->index = RS_NEW_N(ps->arena, const rs_json *, (size_t)mask + 1)))
        return no_memory(ps);
    for (const rs_json *m = node->first; m; m = m->next) {
        uint32_t i = hash_key(m->key, m->key_len) & mask;
        for (; node->index[i]; i = (i + 1) & mask)
            if (same_key(node->index[i], m->key, m->key_len))
                return duplicate(ps, m);
        node->index[i] = m;
    }
    return RS_OK;
}

static rs_status parse_member(struct parser *ps, rs_json *m)
{
    if (!next_is(ps, '"'))
        return expected(ps, "a key in double quotes");
    RS_TRY(parse_string(ps, &m->key, &m->key_len));
    skip_space(ps);
    if (!next_is(ps, ':'))
        return expected(ps, "':' behind the key");
    ps->p++;
    skip_space(ps);
    return parse_value(ps, m);
}

/* The elements of an array or the members of an object. */
static rs_status parse_list(struct parser *ps, rs_json *node, bool object)
{
    const char close = object ? '}' : ']';
    const rs_json **tail = &node->first;
    ps->p++;
    skip_space(ps);
    if (next_is(ps, close)) {
        ps->p++;
        return RS_OK;
    }
    for (;;) {
        rs_json *item;
        RS_TRY(new_node(ps, &item));
        RS_TRY(object ? parse_member(ps, item) : parse_value(ps, item));
        *tail = item;
        tail = &item->next;
        node->n++;
        skip_space(ps);
        if (next_is(ps, close))
            break;
        if (!next_is(ps, ','))
            return expected(ps, object ? "',' or '}'" : "',' or ']'");
        ps->p++;
        skip_space(ps);
    }
    ps->p++;
    return object ? index_object(ps, node) : RS_OK;
}

static rs_status parse_nested(struct parser *ps, rs_json *node, bool object)
{
    if (ps->depth >= RS_JSON_MAX_DEPTH)
        return fail_at(ps, ps->p, "nested too deeply");
    ps->depth++;
    node->type = object ? RS_JSON_OBJECT : RS_JSON_ARRAY;
    RS_TRY(parse_list(ps, node, object));
    ps->depth--;
    return RS_OK;
}

static rs_status parse_value(struct parser *ps, rs_json *node)
{
    node->line = ps->line;
    node->column = (uint32_t)(ps->p - ps->line_start) + 1;
    switch (ps->p < ps->end ? *ps->p : '\0') {
    case '{': return parse_nested(ps, node, true);
    case '[': return parse_nested(ps, node, false);
    case '"':
        node->type = RS_JSON_STRING;
        return parse_string(ps, &node->string, &node->n);
    case 't':
    case 'f':
        node->type = RS_JSON_BOOL;
        node->boolean = *ps->p == 't';
        return parse_word(ps, node->boolean ? "true" : "false");
    case 'n':
        node->type = RS_JSON_NULL;
        return parse_word(ps, "null");
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        node->type = RS_JSON_NUMBER;
        return parse_number(ps, node);
    default: return expected(ps, "a value");
    }
}

rs_status rs_json_parse(rs_arena *arena, const char *text, size_t size, const char *name,
                        const rs_json **out, rs_err *err)
{
    struct parser ps = {
        .arena = arena, .name = name, .p = text, .end = text + size, .line_start = text,
        .line = 1, .err = err,
    };
    if (size > RS_JSON_MAX_BYTES)
        return RS_FAIL(err, RS_E_RANGE, "'%s': %zu bytes of JSON, at most %zu are accepted", name,
                       size, RS_JSON_MAX_BYTES);
    if (!(ps.strings = rs_arena_alloc(arena, size + 1)))
        return no_memory(&ps);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        ps.p += 3; /* a byte order mark, as some Windows editors leave it */
        ps.line_start = ps.p;
    }
    rs_json *root;
    RS_TRY(new_node(&ps, &root));
    skip_space(&ps);
    RS_TRY(parse_value(&ps, root));
    skip_space(&ps);
    if (ps.p < ps.end)
        return expected(&ps, "nothing behind the value");
    *out = root;
    return RS_OK;
}

rs_status rs_json_read(rs_arena *arena, const char *path, size_t max, const rs_json **out,
                       rs_err *err)
{
    char *text;
    size_t size;
    RS_TRY(rs_read_file(arena, path, max, &text, &size, err));
    return rs_json_parse(arena, text, size, path, out, err);
}

const rs_json *rs_json_get(const rs_json *object, const char *key)
{
    if (!object || object->type != RS_JSON_OBJECT)
        return NULL;
    const size_t len = strlen(key);
    if (!object->index) {
        for (const rs_json *m = object->first; m; m = m->next)
            if (same_key(m, key, len))
                return m;
        return NULL;
    }
    const uint32_t mask = index_slots(object->n) - 1;
    for (uint32_t i = hash_key(key, len) & mask; object->index[i]; i = (i + 1) & mask)
        if (same_key(object->index[i], key, len))
            return object->index[i];
    return NULL;
}
