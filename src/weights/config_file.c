#include "weights/config_file.h"

#include <stdio.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 20)

static const rs_json *present(const rs_config_file *c, const char *key)
{
    const rs_json *m = rs_json_get(c->root, key);
    return m && m->type != RS_JSON_NULL ? m : NULL;
}

rs_status rs_config_open(rs_arena *arena, const char *path, rs_config_file *out, rs_err *err)
{
    const rs_json *root;
    RS_TRY(rs_json_read(arena, path, MAX_BYTES, &root, err));
    if (root->type != RS_JSON_OBJECT)
        return rs_json_fail(err, RS_E_FORMAT, path, root, "the file holds %s, expected an object",
                            rs_json_type_name(root->type));
    *out = (rs_config_file){ .path = path, .root = root, .err = err };
    return RS_OK;
}

static rs_status check_int(const rs_config_file *c, const char *key, const rs_json *v, int min,
                           int max, int *out)
{
    if (v->type != RS_JSON_NUMBER || !v->is_integer || v->integer < min || v->integer > max) {
        char buf[80];
        return rs_json_fail(c->err, RS_E_FORMAT, c->path, v,
                            "'%s' holds %s, expected an integer from %d to %d", key,
                            rs_json_show(v, buf, sizeof(buf)), min, max);
    }
    *out = (int)v->integer;
    return RS_OK;
}

rs_status rs_config_ints(const rs_config_file *c, const char *key, int min, int max, int n,
                         int *out)
{
    const rs_json *m = present(c, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_ARRAY) {
        RS_TRY(check_int(c, key, m, min, max, &out[0]));
        for (int i = 1; i < n; i++)
            out[i] = out[0];
        return RS_OK;
    }
    if (m->n != (uint32_t)n)
        return rs_json_fail(c->err, RS_E_FORMAT, c->path, m,
                            "'%s' has %u values, expected %d, one for each of 'block_out_channels'",
                            key, m->n, n);
    for (const rs_json *v = m->first; v; v = v->next)
        RS_TRY(check_int(c, key, v, min, max, out++));
    return RS_OK;
}

rs_status rs_config_int_list(const rs_config_file *c, const char *key, int min, int max, int max_n,
                             int *n, int *out)
{
    const rs_json *m = present(c, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_ARRAY || m->n < 1 || m->n > (uint32_t)max_n)
        return rs_json_fail(c->err, RS_E_FORMAT, c->path, m,
                            "'%s' must be a list of 1 to %d integers", key, max_n);
    for (const rs_json *v = m->first; v; v = v->next)
        RS_TRY(check_int(c, key, v, min, max, out++));
    *n = (int)m->n;
    return RS_OK;
}

static rs_status check_choice(const rs_config_file *c, const char *key, const rs_json *v,
                              const char *const *names, int *out)
{
    if (v->type != RS_JSON_STRING)
        return rs_json_fail(c->err, RS_E_FORMAT, c->path, v, "'%s' holds %s, expected a string",
                            key, rs_json_type_name(v->type));
    char known[256] = "";
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], v->string) == 0) {
            *out = i;
            return RS_OK;
        }
        const size_t n = strlen(known);
        snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "", names[i]);
    }
    return rs_json_fail(c->err, RS_E_UNSUPPORTED, c->path, v,
                        "'%s' holds '%.60s', restyle supports %s", key, v->string, known);
}

rs_status rs_config_choices(const rs_config_file *c, const char *key, const char *const *names,
                            int n, int *out)
{
    const rs_json *m = present(c, key);
    if (!m)
        return RS_OK;
    if (m->type != RS_JSON_ARRAY || m->n != (uint32_t)n)
        return rs_json_fail(c->err, RS_E_FORMAT, c->path, m,
                            "'%s' must be a list of %d strings, one for each of "
                            "'block_out_channels'", key, n);
    for (const rs_json *v = m->first; v; v = v->next)
        RS_TRY(check_choice(c, key, v, names, out++));
    return RS_OK;
}

rs_status rs_config_choice(const rs_config_file *c, const char *key, const char *const *names,
                           int *out)
{
    const rs_json *m = present(c, key);
    return m ? check_choice(c, key, m, names, out) : RS_OK;
}

/* A list is fine when all its elements are: some models repeat a value per block. */
static bool accepted(const rs_json *v, const rs_config_fixed *row)
{
    if (v->type == RS_JSON_ARRAY) {
        for (const rs_json *e = v->first; e; e = e->next)
            if (!accepted(e, row))
                return false;
        return true;
    }
    if (v->type == RS_JSON_NULL)
        return true;
    char buf[80];
    const char *text = rs_json_show(v, buf, sizeof(buf));
    return (row->accept && strcmp(text, row->accept) == 0) ||
           (row->accept2 && strcmp(text, row->accept2) == 0);
}

rs_status rs_config_check_fixed(const rs_config_file *c, const rs_config_fixed *rows, size_t n)
{
    for (const rs_config_fixed *row = rows; row < rows + n; row++) {
        const rs_json *v = rs_json_get(c->root, row->key);
        if (!v || accepted(v, row))
            continue;
        char buf[80];
        return rs_json_fail(c->err, RS_E_UNSUPPORTED, c->path, v,
                            "'%s' is %s, restyle supports only %s", row->key,
                            rs_json_show(v, buf, sizeof(buf)), row->accept ? row->accept : "null");
    }
    return RS_OK;
}
