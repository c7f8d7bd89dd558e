#include "prompt/prompt_styles.h"

#include <string.h>

#include "prompt/prompt_text.h"

#define PLACE "{prompt}"

enum { MAX_COLUMNS = 64, NAME = 0, PROMPT, NEGATIVE, N_FIELDS };

/* Rows of CSV: quotes around a field let it hold commas, line ends, and "" for a
 * quote; spaces before a field do not count (Python's csv with skipinitialspace). */
struct reader {
    const char *p, *end;
    char *to; /* where the next field goes: in all, fields are no longer than the file */
    const char *fields[MAX_COLUMNS];
    size_t n;
};

static bool at_line_end(const struct reader *r)
{
    return r->p == r->end || *r->p == '\n' || *r->p == '\r';
}

static const char *read_field(struct reader *r)
{
    const char *field = r->to;
    while (r->p < r->end && *r->p == ' ')
        r->p++;
    bool quoted = r->p < r->end && *r->p == '"';
    r->p += quoted;
    while (r->p < r->end && (quoted || (*r->p != ',' && !at_line_end(r)))) {
        const bool quote = quoted && *r->p == '"';
        if (quote) {
            r->p++;
            quoted = r->p < r->end && *r->p == '"'; /* a second one stands for itself */
        }
        if (!quote || quoted) {
            if (*r->p)
                *r->to++ = *r->p;
            r->p++;
        }
    }
    *r->to++ = '\0';
    return field;
}

/* The next row into fields; an empty one has none. */
static void read_row(struct reader *r)
{
    r->n = 0;
    for (bool more = !at_line_end(r); more; r->p += more) {
        const char *field = read_field(r);
        if (r->n < MAX_COLUMNS)
            r->fields[r->n++] = field;
        more = r->p < r->end && *r->p == ',';
    }
    if (r->p < r->end && *r->p == '\r')
        r->p++;
    if (r->p < r->end && *r->p == '\n')
        r->p++;
}

static void find_columns(const struct reader *r, size_t column[N_FIELDS])
{
    static const char *const names[N_FIELDS] = { "name", "prompt", "negative_prompt" };
    for (int f = 0; f < N_FIELDS; f++) {
        column[f] = MAX_COLUMNS;
        for (size_t i = 0; i < r->n; i++)
            if (strcmp(r->fields[i], names[f]) == 0)
                column[f] = i;
    }
    for (size_t i = 0; i < r->n && column[PROMPT] == MAX_COLUMNS; i++)
        if (strcmp(r->fields[i], "text") == 0) /* files of 2022 */
            column[PROMPT] = i;
}

static const char *field_at(const struct reader *r, size_t column)
{
    return column < r->n ? r->fields[column] : "";
}

rs_status rs_styles_parse(rs_arena *arena, const char *file, const char *text, size_t size, rs_styles *out,
                          rs_err *err)
{
    size_t rows = 1, column[N_FIELDS], n = 0;
    for (size_t i = 0; i < size; i++)
        rows += text[i] == '\n' || text[i] == '\r';
    const size_t bom = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct reader r = { .p = text + bom, .end = text + size, .to = rs_arena_alloc(arena, size + 2) };
    rs_style *items = RS_NEW_N(arena, rs_style, rows);
    if (!r.to || !items || size > RS_STYLES_MAX_BYTES)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the styles of '%s'", file);
    read_row(&r);
    find_columns(&r, column);
    if (column[NAME] == MAX_COLUMNS || column[PROMPT] == MAX_COLUMNS)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is no file of styles: its first line must name the columns "
                       "'name,prompt,negative_prompt'", file);
    while (r.p < r.end) {
        read_row(&r);
        const char *name = field_at(&r, column[NAME]);
        if (r.n && name[0] && name[0] != '#')
            items[n++] = (rs_style){ name, field_at(&r, column[PROMPT]), field_at(&r, column[NEGATIVE]) };
    }
    *out = (rs_styles){ items, n };
    return RS_OK;
}

const rs_style *rs_styles_find(const rs_styles *styles, const char *name)
{
    for (size_t i = styles->n; i > 0; i--)
        if (strcmp(styles->items[i - 1].name, name) == 0)
            return &styles->items[i - 1];
    return NULL;
}

static rs_span trim(const char *s)
{
    const char *end = s + strlen(s), *from = rs_prompt_skip_space(s, end);
    return (rs_span){ from, (size_t)(rs_prompt_trim_end(from, end) - from) };
}

/* The length of style with prompt in every {prompt}, of which there is at least one. */
static size_t replaced_length(const char *style, const char *prompt)
{
    size_t len = strlen(style);
    for (const char *p = style; (p = strstr(p, PLACE)) != NULL; p += strlen(PLACE))
        len += strlen(prompt) - strlen(PLACE);
    return len;
}

static char *put(char *to, const char *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

static void replace(char *to, const char *style, const char *prompt)
{
    const char *p;
    while ((p = strstr(style, PLACE)) != NULL) {
        to = put(to, style, (size_t)(p - style));
        to = put(to, prompt, strlen(prompt));
        style = p + strlen(PLACE);
    }
    put(to, style, strlen(style) + 1);
}

static void join(char *to, rs_span a, rs_span b)
{
    to = put(to, a.at, a.n);
    if (a.n && b.n)
        to = put(to, ", ", 2);
    *put(to, b.at, b.n) = '\0';
}

rs_status rs_style_merge(rs_arena *arena, const char *style, const char *prompt, const char **out,
                         rs_err *err)
{
    const rs_span a = trim(prompt), b = trim(style);
    const bool place = strstr(style, PLACE) != NULL;
    const size_t len = place ? replaced_length(style, prompt) : a.n + b.n + 2;
    if (len > RS_PROMPT_MAX)
        return RS_FAIL(err, RS_E_RANGE, "with its styles the prompt has %zu bytes; at most %zu are read", len,
                       RS_PROMPT_MAX);
    char *text = rs_arena_alloc(arena, len + 1);
    if (!text)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the styles");
    if (place)
        replace(text, style, prompt);
    else
        join(text, a, b);
    *out = text;
    return RS_OK;
}
