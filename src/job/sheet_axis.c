#include "job/sheet_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "restyle/pipeline.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static rs_status no_memory(const char *text, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", text);
}

static rs_status add(rs_arena *arena, rs_sheet_axis *axis, const char *text, const char *value, size_t n,
                     rs_err *err)
{
    if (axis->n == RS_SHEET_MAX_VALUES)
        return RS_FAIL(err, RS_E_RANGE, "'%s': more than %d values", text, RS_SHEET_MAX_VALUES);
    axis->values[axis->n] = rs_arena_strndup(arena, value, n);
    return axis->values[axis->n++] ? RS_OK : no_memory(text, err);
}

/* A number, and behind it *s; false when there is none. */
static bool number(const char **s, double *out)
{
    char *end;
    while (is_space(**s))
        ++*s;
    *out = strtod(*s, &end);
    const bool found = end != *s && isfinite(*out);
    *s = end;
    while (is_space(**s))
        ++*s;
    return found;
}

struct range {
    double from, to, step;
    int count; /* 0: by step */
};

/* "1-5", "1-5 (+2)" and "0-1 [3]", as scripts/xyz_grid.py reads them. */
static bool parse_range(const char *s, struct range *r)
{
    double count;
    *r = (struct range){ .step = 1 };
    if (!number(&s, &r->from) || *s++ != '-' || !number(&s, &r->to))
        return false;
    if (*s == '(') {
        s++;
        if (!number(&s, &r->step) || *s++ != ')')
            return false;
    } else if (*s == '[') {
        s++;
        if (!number(&s, &count) || *s++ != ']' || !(count >= 1) || count > RS_SHEET_MAX_VALUES)
            return false;
        r->count = (int)count;
    }
    return *s == '\0' && r->step != 0;
}

static rs_status add_range(rs_arena *arena, rs_sheet_axis *axis, const char *text, const struct range *r,
                           rs_err *err)
{
    const double steps = (r->to - r->from) / r->step;
    const int n = r->count ? r->count : !(steps >= 0) ? 0 : steps < 1e6 ? (int)(steps + 1e-9) + 1 : 1000000;
    if (n == 0)
        return RS_FAIL(err, RS_E_INVALID, "'%s': a range that ends before it begins", text);
    for (int i = 0; i < n; i++) {
        char value[32];
        const double v = !r->count ? r->from + r->step * i
                         : n == 1  ? r->from
                                   : r->from + (r->to - r->from) * i / (n - 1);
        snprintf(value, sizeof value, "%.7g", v);
        RS_TRY(add(arena, axis, text, value, strlen(value), err));
    }
    return RS_OK;
}

/* One value at *s, which is moved behind it; in quotes commas count as text, "" is ". */
static rs_status take_value(rs_arena *arena, rs_sheet_axis *axis, const char *text, const char **s,
                            rs_err *err)
{
    struct range range;
    char *value = rs_arena_strdup(arena, *s);
    size_t n = 0;
    if (!value)
        return no_memory(text, err);
    while (is_space(**s))
        ++*s;
    const bool quoted = **s == '"';
    if (quoted) {
        for (++*s; **s && (**s != '"' || (*s)[1] == '"'); ++*s) {
            *s += **s == '"';
            value[n++] = **s;
        }
        if (*(*s)++ != '"')
            return RS_FAIL(err, RS_E_INVALID, "'%s': a quote that does not end", text);
        while (is_space(**s))
            ++*s;
        if (**s && **s != ',')
            return RS_FAIL(err, RS_E_INVALID, "'%s': text behind a quote", text);
    } else {
        while (**s && **s != ',')
            value[n++] = *(*s)++;
        while (n && is_space(value[n - 1]))
            n--;
    }
    value[n] = '\0';
    if (n == 0 && !quoted)
        return RS_FAIL(err, RS_E_INVALID, "'%s': an empty value; write \"\" where that is meant", text);
    if (axis->key && !quoted && parse_range(value, &range))
        return add_range(arena, axis, text, &range, err);
    return add(arena, axis, text, value, n, err);
}

/* img2img.NAME or NAME itself, whichever there is. */
static rs_status find_key(rs_arena *arena, const char *text, rs_sheet_axis *axis, rs_err *err)
{
    const size_t size = strlen(axis->label) + sizeof "img2img.";
    char *full = rs_arena_alloc(arena, size);
    if (!full)
        return no_memory(text, err);
    snprintf(full, size, "img2img.%s", axis->label);
    if (strcmp(axis->label, "prompt_sr") == 0)
        axis->key = NULL;
    else if (rs_schema_help(full))
        axis->key = full;
    else if (rs_schema_help(axis->label))
        axis->key = axis->label;
    else
        return RS_FAIL(err, RS_E_INVALID, "'%s': there is no key '%s'; 'restyle schema' lists them, and "
                       "prompt_sr replaces words of the prompt", text, axis->label);
    return RS_OK;
}

rs_status rs_sheet_axis_parse(rs_arena *arena, const char *text, rs_sheet_axis *out, rs_err *err)
{
    const char *s = strchr(text, '=');
    rs_sheet_axis axis = { .label = rs_arena_strndup(arena, text, s ? (size_t)(s - text) : 0) };
    axis.values = RS_NEW_N(arena, const char *, RS_SHEET_MAX_VALUES);
    if (!s)
        return RS_FAIL(err, RS_E_INVALID, "'%s': expected KEY=VALUE,VALUE, such as strength=0.3,0.5", text);
    if (!axis.label || !axis.values)
        return no_memory(text, err);
    RS_TRY(find_key(arena, text, &axis, err));
    do {
        s++;
        RS_TRY(take_value(arena, &axis, text, &s, err));
    } while (*s == ',');
    if (!axis.key && axis.values[0][0] == '\0')
        return RS_FAIL(err, RS_E_INVALID, "'%s': the first value is what is searched for, and is empty",
                       text);
    *out = axis;
    return RS_OK;
}

const char *rs_sheet_replace(rs_arena *arena, const char *text, const char *from, const char *to)
{
    const size_t n_from = strlen(from), n_to = strlen(to);
    size_t n = 0;
    for (const char *s = text; (s = strstr(s, from)); s += n_from)
        n++;
    char *out = rs_arena_alloc(arena, strlen(text) + n * n_to + 1), *at = out;
    if (!out)
        return NULL;
    for (const char *hit; (hit = strstr(text, from)); text = hit + n_from) {
        memcpy(at, text, (size_t)(hit - text));
        at += hit - text;
        memcpy(at, to, n_to);
        at += n_to;
    }
    memcpy(at, text, strlen(text) + 1);
    return out;
}
