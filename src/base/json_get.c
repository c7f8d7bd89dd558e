/* Typed members of a parsed object, with errors for a person. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

rs_status rs_json_fail(rs_err *err, rs_status code, const char *file, const rs_json *at,
                       const char *fmt, ...)
{
    char text[768];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return RS_FAIL(err, code, "%s:%u:%u: %s", file, at->line, at->column, text);
}

const char *rs_json_type_name(rs_json_type type)
{
    switch (type) {
    case RS_JSON_NULL: return "null";
    case RS_JSON_BOOL: return "a boolean";
    case RS_JSON_NUMBER: return "a number";
    case RS_JSON_STRING: return "a string";
    case RS_JSON_ARRAY: return "a list";
    case RS_JSON_OBJECT: return "an object";
    }
    return "unknown";
}

const char *rs_json_show(const rs_json *node, char *buf, size_t size)
{
    switch (node->type) {
    case RS_JSON_BOOL: return node->boolean ? "true" : "false";
    case RS_JSON_NUMBER:
        if (node->is_integer)
            snprintf(buf, size, "%lld", (long long)node->integer);
        else
            snprintf(buf, size, "%.9g", node->number);
        return buf;
    case RS_JSON_STRING:
        snprintf(buf, size, "\"%.60s\"", node->string);
        return buf;
    default: return rs_json_type_name(node->type);
    }
}

/* The member, or NULL when the default stays. */
static const rs_json *present(const rs_json *object, const char *key)
{
    const rs_json *m = rs_json_get(object, key);
    return m && m->type != RS_JSON_NULL ? m : NULL;
}

rs_status rs_json_int(const char *file, const rs_json *object, const char *key, int min, int max,
                      int *out, rs_err *err)
{
    const rs_json *m = present(object, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_NUMBER || !m->is_integer || m->integer < min || m->integer > max) {
        char buf[80];
        return rs_json_fail(err, RS_E_FORMAT, file, m,
                            "'%s' is %s, expected an integer from %d to %d", key,
                            rs_json_show(m, buf, sizeof(buf)), min, max);
    }
    *out = (int)m->integer;
    return RS_OK;
}

rs_status rs_json_double(const char *file, const rs_json *object, const char *key, double min,
                         double max, double *out, rs_err *err)
{
    const rs_json *m = present(object, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_NUMBER || m->number < min || m->number > max) {
        char buf[80];
        return rs_json_fail(err, RS_E_FORMAT, file, m, "'%s' is %s, expected a number from %g to %g",
                            key, rs_json_show(m, buf, sizeof(buf)), min, max);
    }
    *out = m->number;
    return RS_OK;
}

rs_status rs_json_bool(const char *file, const rs_json *object, const char *key, bool *out,
                       rs_err *err)
{
    const rs_json *m = present(object, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_BOOL) {
        char buf[80];
        return rs_json_fail(err, RS_E_FORMAT, file, m, "'%s' is %s, expected true or false", key,
                            rs_json_show(m, buf, sizeof(buf)));
    }
    *out = m->boolean;
    return RS_OK;
}

rs_status rs_json_string(const char *file, const rs_json *object, const char *key,
                         const char **out, rs_err *err)
{
    const rs_json *m = present(object, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_STRING) {
        char buf[80];
        return rs_json_fail(err, RS_E_FORMAT, file, m, "'%s' is %s, expected a string", key,
                            rs_json_show(m, buf, sizeof(buf)));
    }
    *out = m->string;
    return RS_OK;
}
