/* libyaml's event stream, walked by recursion of bounded depth. Events, not
 * documents: the loader would expand aliases before anyone could refuse. */
#include "conf/yaml_tree.h"

#include <string.h>
#include <yaml.h>

#include "conf/utf8_check.h"

struct reader {
    yaml_parser_t parser;
    rs_arena *arena;
    const char *name, *text;
    size_t size;
    rs_diags *diags;
    int n_nodes;
    bool failed; /* no way to go on */
};

static rs_pos pos_at(const struct reader *r, yaml_mark_t mark)
{
    return (rs_pos){ r->name, (int)mark.line + 1, (int)mark.column + 1 };
}

static void report(struct reader *r, rs_pos pos, const char *text)
{
    rs_diags_add(r->diags, pos, "", RS_E_INVALID, NULL, "%s", text);
}

static rs_value *give_up(struct reader *r, rs_pos pos, const char *text)
{
    if (!r->failed)
        report(r, pos, text);
    r->failed = true;
    return NULL;
}

static rs_value *no_memory(struct reader *r)
{
    r->failed = true;
    r->diags->nomem = true;
    return NULL;
}

/* A tab in the indentation of the line, or at the place libyaml stopped. */
static bool tab_at(const struct reader *r, rs_pos pos)
{
    const char *s = r->text, *end = r->text + r->size;
    for (int line = 1; line < pos.line && s < end; s++)
        line += *s == '\n';
    int col = 1;
    for (bool indent = true; s < end && *s != '\n' && col <= pos.col; s++, col++) {
        if (*s == '\t' && (indent || col == pos.col))
            return true;
        indent = indent && (*s == ' ' || *s == '\t');
    }
    return false;
}

static void report_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    r->failed = true;
    if (p->error == YAML_MEMORY_ERROR) {
        r->diags->nomem = true;
        return;
    }
    const rs_pos pos = pos_at(r, p->problem_mark);
    const char *problem = p->problem ? p->problem : "unreadable";
    if (tab_at(r, pos))
        report(r, pos, "not YAML: a tab cannot indent, use spaces");
    else if (p->context && p->context_mark.line != p->problem_mark.line)
        rs_diags_add(r->diags, pos, "", RS_E_INVALID, NULL, "not YAML: %s %s that starts in line %d",
                     problem, p->context, (int)p->context_mark.line + 1);
    else
        rs_diags_add(r->diags, pos, "", RS_E_INVALID, NULL, "not YAML: %s%s%s", problem,
                     p->context ? " " : "", p->context ? p->context : "");
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (r->failed)
        return false;
    if (!yaml_parser_parse(&r->parser, event)) {
        report_syntax(r);
        return false;
    }
    return true;
}

static bool is_null(const yaml_event_t *e)
{
    const char *s = (const char *)e->data.scalar.value;
    return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (s[0] == '\0' || strcmp(s, "~") == 0 || strcmp(s, "null") == 0);
}

/* Anchors and tags: reported, true if there was one. */
static bool decorated(struct reader *r, rs_pos pos, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        report(r, pos, "anchors (&name) are not supported: write the value where it is used");
    if (tag)
        report(r, pos, "tags (!name) are not supported");
    return anchor || tag;
}

static rs_value *bad_value(struct reader *r, rs_pos pos)
{
    rs_value *v = RS_NEW(r->arena, rs_value);
    if (!v)
        return no_memory(r);
    *v = (rs_value){ .kind = RS_VALUE_BAD, .pos = pos };
    return v;
}

static rs_value *read_scalar(struct reader *r, const yaml_event_t *e, rs_pos pos)
{
    const char *text = (const char *)e->data.scalar.value;
    const size_t len = e->data.scalar.length;
    if (decorated(r, pos, e->data.scalar.anchor, e->data.scalar.tag))
        return bad_value(r, pos);
    if (memchr(text, '\0', len)) {
        report(r, pos, "a text cannot hold the character \\0");
        return bad_value(r, pos);
    }
    const bool quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    rs_value *v = rs_value_scalar(r->arena, pos, text, len, quoted);
    if (!v)
        return no_memory(r);
    if (is_null(e))
        v->kind = RS_VALUE_NULL;
    return v;
}

static rs_value *read_node(struct reader *r, yaml_event_t *e, int depth);

static bool read_entry(struct reader *r, rs_value *map, yaml_event_t *e, int depth)
{
    const rs_pos pos = pos_at(r, e->start_mark);
    const bool word = e->type == YAML_SCALAR_EVENT;
    rs_value *key = read_node(r, e, depth);
    if (!key)
        return false;
    if (!word)
        report(r, pos, "a key must be a word");
    yaml_event_t next;
    if (!next_event(r, &next))
        return false;
    rs_value *value = read_node(r, &next, depth);
    if (!value)
        return false;
    /* "~: 1" and "&a key: 1" have no name that a row could have. */
    if (key->kind == RS_VALUE_NULL && word)
        report(r, pos, "a key must be a word");
    if (key->kind != RS_VALUE_SCALAR)
        return true;
    if (!rs_value_append(r->arena, map, key->text, strlen(key->text), pos, value))
        return no_memory(r) != NULL;
    return true;
}

static rs_value *read_map(struct reader *r, yaml_event_t *start, rs_pos pos, int depth)
{
    const bool bad = decorated(r, pos, start->data.mapping_start.anchor,
                               start->data.mapping_start.tag);
    rs_value *map = rs_value_map(r->arena, pos);
    if (!map)
        return no_memory(r);
    yaml_event_t e;
    while (next_event(r, &e)) {
        if (e.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&e);
            return bad ? bad_value(r, pos) : map;
        }
        if (!read_entry(r, map, &e, depth + 1))
            return NULL;
    }
    return NULL;
}

static rs_value *read_list(struct reader *r, yaml_event_t *start, rs_pos pos, int depth)
{
    const bool bad = decorated(r, pos, start->data.sequence_start.anchor,
                               start->data.sequence_start.tag);
    rs_value *list = rs_value_list(r->arena, pos);
    if (!list)
        return no_memory(r);
    yaml_event_t e;
    while (next_event(r, &e)) {
        if (e.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&e);
            return bad ? bad_value(r, pos) : list;
        }
        const rs_pos at = pos_at(r, e.start_mark);
        rs_value *item = read_node(r, &e, depth + 1);
        if (!item)
            return NULL;
        if (!rs_value_append(r->arena, list, "", 0, at, item))
            return no_memory(r);
    }
    return NULL;
}

/* Takes the event over. NULL: nothing more can be read. */
static rs_value *read_node(struct reader *r, yaml_event_t *e, int depth)
{
    const rs_pos pos = pos_at(r, e->start_mark);
    rs_value *v = NULL;
    if (depth > RS_YAML_MAX_DEPTH)
        give_up(r, pos, "nested too deeply for a pipeline");
    else if (r->n_nodes++ > RS_YAML_MAX_NODES)
        give_up(r, pos, "too many values for a pipeline");
    else if (e->type == YAML_SCALAR_EVENT)
        v = read_scalar(r, e, pos);
    else if (e->type == YAML_MAPPING_START_EVENT)
        v = read_map(r, e, pos, depth);
    else if (e->type == YAML_SEQUENCE_START_EVENT)
        v = read_list(r, e, pos, depth);
    else {
        report(r, pos, "aliases (*name) are not supported: write the value out");
        v = bad_value(r, pos);
    }
    yaml_event_delete(e);
    return v;
}

/* Skips one event that carries nothing; its type goes to *type. */
static bool skip(struct reader *r, yaml_event_type_t *type, rs_pos *pos)
{
    yaml_event_t e;
    if (!next_event(r, &e))
        return false;
    *type = e.type;
    *pos = pos_at(r, e.start_mark);
    yaml_event_delete(&e);
    return true;
}

static rs_value *read_document(struct reader *r)
{
    yaml_event_type_t type;
    rs_pos pos;
    yaml_event_t e;
    if (!skip(r, &type, &pos) || !skip(r, &type, &pos))
        return NULL;
    if (type == YAML_STREAM_END_EVENT)
        return give_up(r, (rs_pos){ r->name, 1, 1 }, "there is nothing in this file");
    if (!next_event(r, &e))
        return NULL;
    rs_value *root = read_node(r, &e, 0);
    if (!root || !skip(r, &type, &pos) || !skip(r, &type, &pos))
        return NULL;
    if (type != YAML_STREAM_END_EVENT)
        return give_up(r, pos, "a second document starts here: a pipeline is one document");
    if (root->kind == RS_VALUE_NULL)
        return give_up(r, root->pos, "there is nothing in this file");
    if (root->kind == RS_VALUE_SCALAR || root->kind == RS_VALUE_LIST)
        return give_up(r, root->pos, "expected 'key: value' lines");
    return root->kind == RS_VALUE_MAP ? root : NULL;
}

static bool check_text(const char *name, const char *text, size_t size, rs_diags *diags)
{
    rs_pos pos = { name, 1, 1 };
    if (size > RS_YAML_MAX_BYTES) {
        rs_diags_add(diags, pos, "", RS_E_INVALID, NULL,
                     "%zu bytes are too many for a pipeline, at most %d are read", size,
                     (int)RS_YAML_MAX_BYTES);
        return false;
    }
    const rs_utf8_problem problem = rs_utf8_check(text, size, &pos.line, &pos.col);
    if (problem != RS_UTF8_OK)
        rs_diags_add(diags, pos, "", RS_E_INVALID, NULL,
                     problem == RS_UTF8_CONTROL ? "a control character: this is no text file"
                                                : "not UTF-8: save the file in that encoding");
    return problem == RS_UTF8_OK;
}

/* yaml_parser_delete(&r->parser) when done; false without memory. */
static bool start(struct reader *r, rs_arena *arena, const char *name, const char *text, size_t size,
                  rs_diags *diags)
{
    *r = (struct reader){ .arena = arena, .name = name, .text = text, .size = size, .diags = diags };
    if (!yaml_parser_initialize(&r->parser)) {
        diags->nomem = true;
        return false;
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, size);
    return true;
}

rs_value *rs_yaml_parse(rs_arena *arena, const char *name, const char *text, size_t size,
                        rs_diags *diags)
{
    struct reader r;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        size -= 3;
    }
    if (!check_text(name, text, size, diags) || !start(&r, arena, name, text, size, diags))
        return NULL;
    rs_value *root = read_document(&r);
    yaml_parser_delete(&r.parser);
    return root;
}

/* The value when text is one quoted scalar and nothing else. */
static rs_value *parse_quoted(rs_arena *arena, const char *text, size_t size, rs_diags *diags)
{
    rs_diags inner; /* where it goes wrong is of no use: there is one line */
    struct reader r;
    rs_diags_init(&inner, arena);
    if (size > RS_YAML_MAX_BYTES || !start(&r, arena, "", text, size, &inner))
        return NULL;
    yaml_event_type_t type = YAML_NO_EVENT;
    rs_pos at;
    yaml_event_t e;
    rs_value *v = NULL;
    if (skip(&r, &type, &at) && skip(&r, &type, &at) && next_event(&r, &e))
        v = read_node(&r, &e, RS_YAML_MAX_DEPTH);
    const bool whole = v && v->kind == RS_VALUE_SCALAR && skip(&r, &type, &at) &&
                       skip(&r, &type, &at) && type == YAML_STREAM_END_EVENT;
    yaml_parser_delete(&r.parser);
    diags->nomem |= inner.nomem;
    return whole ? v : NULL;
}

rs_value *rs_yaml_parse_scalar(rs_arena *arena, rs_pos pos, const char *key, const char *text,
                               rs_diags *diags)
{
    const size_t size = strlen(text);
    int line, col;
    if (rs_utf8_check(text, size, &line, &col) == RS_UTF8_INVALID) {
        rs_diags_add(diags, pos, key, RS_E_INVALID, NULL, "not UTF-8");
        return NULL;
    }
    const bool quoted = text[0] == '"' || text[0] == '\'';
    rs_value *v = quoted ? parse_quoted(arena, text, size, diags)
                         : rs_value_scalar(arena, pos, text, size, size == 0);
    if (v)
        v->pos = pos;
    else if (quoted)
        rs_diags_add(diags, pos, key, RS_E_INVALID, NULL,
                     "starts with a quote, but is no quoted YAML text");
    else
        diags->nomem = true;
    return v;
}
