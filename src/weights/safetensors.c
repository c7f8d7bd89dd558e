#include "weights/safetensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* One file on its way in. */
struct reader {
    rs_arena *arena;
    const char *file;
    const uint8_t *data; /* the first byte behind the header */
    size_t size;
    rs_err *err;
};

static uint64_t read_le64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

/* What people name .safetensors by mistake. */
static const char *guess_format(const uint8_t *p, size_t size)
{
    static const struct {
        const char *magic, *what;
    } known[] = {
        { "PK\x03\x04", "a PyTorch checkpoint that is cut short" },
        { "\x80\x02", "a Python pickle, but none that torch.save wrote" },
        { "version https://git-lfs", "a Git LFS pointer, not the weights; run 'git lfs pull'" },
        { "GGUF", "a GGUF file; restyle reads safetensors" },
        { "<!", "a web page, not the weights; the download went wrong" },
        { "<html", "a web page, not the weights; the download went wrong" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const size_t n = strlen(known[i].magic);
        if (size >= n && memcmp(p, known[i].magic, n) == 0)
            return known[i].what;
    }
    return NULL;
}

/* An error about one tensor, or about the whole file when name is NULL. */
static rs_status bad(const struct reader *r, rs_status code, const char *name, const char *fmt, ...)
    RS_PRINTF(4, 5);

static rs_status bad(const struct reader *r, rs_status code, const char *name, const char *fmt, ...)
{
    char what[640];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    if (!name)
        return RS_FAIL(r->err, code, "'%s': %s", r->file, what);
    return RS_FAIL(r->err, code, "'%s': tensor '%.200s': %s", r->file, name, what);
}

static rs_status check_name(const struct reader *r, const char *name)
{
    if (name[0] == '\0')
        return bad(r, RS_E_FORMAT, NULL, "a tensor has no name");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return bad(r, RS_E_FORMAT, name, "the name holds a control character");
    return RS_OK;
}

static rs_status parse_dtype(const struct reader *r, const rs_json *entry, rs_wtensor *t,
                             unsigned *bits)
{
    const rs_json *dtype = rs_json_get(entry, "dtype");
    if (!dtype || dtype->type != RS_JSON_STRING)
        return bad(r, RS_E_FORMAT, t->name, "no 'dtype', or it is not a string");
    if (!rs_dtype_parse(dtype->string, &t->dtype, &t->dtype_text, bits))
        return bad(r, RS_E_FORMAT, t->name, "unknown dtype '%.40s'", dtype->string);
    return RS_OK;
}

static rs_status parse_shape(const struct reader *r, const rs_json *entry, rs_wtensor *t)
{
    const rs_json *shape = rs_json_get(entry, "shape");
    if (!shape || shape->type != RS_JSON_ARRAY)
        return bad(r, RS_E_FORMAT, t->name, "no 'shape', or it is not a list");
    if (shape->n > RS_MAX_RANK)
        return bad(r, RS_E_UNSUPPORTED, t->name, "%u dimensions, at most %d are accepted", shape->n,
                   RS_MAX_RANK);
    t->count = 1;
    for (const rs_json *d = shape->first; d; d = d->next) {
        if (d->type != RS_JSON_NUMBER || !d->is_integer || d->integer < 0)
            return bad(r, RS_E_FORMAT, t->name, "a dimension of 'shape' is not an integer from 0");
        if (!rs_mul_size(t->count, (size_t)d->integer, &t->count))
            return bad(r, RS_E_RANGE, t->name, "the number of elements overflows");
        t->shape[t->rank++] = d->integer;
    }
    return RS_OK;
}

/* Fills data and bytes from data_offsets, which must lie within the file and
 * agree with dtype and shape. */
static rs_status parse_offsets(const struct reader *r, const rs_json *entry, rs_wtensor *t,
                               unsigned bits)
{
    const rs_json *offsets = rs_json_get(entry, "data_offsets");
    if (!offsets || offsets->type != RS_JSON_ARRAY || offsets->n != 2)
        return bad(r, RS_E_FORMAT, t->name, "no 'data_offsets', or it is not a list of two");
    const rs_json *b = offsets->first, *e = b->next;
    if (!b->is_integer || !e->is_integer || b->integer < 0 || e->integer < 0)
        return bad(r, RS_E_FORMAT, t->name, "a number of 'data_offsets' is not an integer from 0");
    if (b->integer > e->integer)
        return bad(r, RS_E_FORMAT, t->name, "data_offsets [%lld, %lld] run backwards",
                   (long long)b->integer, (long long)e->integer);
    if ((uint64_t)e->integer > r->size)
        return bad(r, RS_E_FORMAT, t->name,
                   "data_offsets [%lld, %lld] lie outside the %zu bytes of data; the file is cut "
                   "short or damaged", (long long)b->integer, (long long)e->integer, r->size);
    t->data = r->data + b->integer;
    t->bytes = (size_t)(e->integer - b->integer);
    size_t n_bits;
    if (!rs_mul_size(t->count, bits, &n_bits))
        return bad(r, RS_E_RANGE, t->name, "the size in bytes overflows");
    if (n_bits % 8 != 0 || n_bits / 8 != t->bytes) {
        char shape[200];
        return bad(r, RS_E_FORMAT, t->name, "shape %s of %s needs %zu bytes, data_offsets give %zu",
                   rs_shape_text(t->shape, t->rank, shape, sizeof(shape)), t->dtype_text,
                   n_bits / 8 + (n_bits % 8 != 0), t->bytes);
    }
    return RS_OK;
}

static rs_status parse_tensor(const struct reader *r, const rs_json *entry, rs_wtensor *t)
{
    unsigned bits = 0;
    t->name = entry->key;
    t->file = r->file;
    RS_TRY(check_name(r, t->name));
    if (entry->type != RS_JSON_OBJECT)
        return bad(r, RS_E_FORMAT, t->name, "described by %s, expected an object",
                   rs_json_type_name(entry->type));
    RS_TRY(parse_dtype(r, entry, t, &bits));
    RS_TRY(parse_shape(r, entry, t));
    return parse_offsets(r, entry, t, bits);
}

static rs_status check_metadata(const struct reader *r, const rs_json *meta)
{
    if (meta->type != RS_JSON_OBJECT)
        return bad(r, RS_E_FORMAT, NULL, "'__metadata__' is %s, expected an object of strings",
                   rs_json_type_name(meta->type));
    for (const rs_json *m = meta->first; m; m = m->next)
        if (m->type != RS_JSON_STRING)
            return bad(r, RS_E_FORMAT, NULL, "'__metadata__' key '%.200s' is %s, expected a string",
                       m->key, rs_json_type_name(m->type));
    return RS_OK;
}

static int by_place(const void *a, const void *b)
{
    const rs_wtensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

/* The tensors, sorted by place, must follow each other without overlap or hole. */
static rs_status check_cover(const struct reader *r, const rs_safetensors *st)
{
    const uint8_t *end = r->data;
    const char *before = NULL;
    for (size_t i = 0; i < st->n; i++) {
        const rs_wtensor *t = &st->tensors[i];
        if (t->data < end)
            return bad(r, RS_E_FORMAT, t->name, "its data overlaps that of '%.200s'", before);
        if (t->data > end)
            return bad(r, RS_E_FORMAT, t->name, "%zu bytes before its data belong to no tensor",
                       (size_t)(t->data - end));
        end = t->data + t->bytes;
        before = t->name;
    }
    const size_t rest = r->size - (size_t)(end - r->data);
    if (rest)
        return bad(r, RS_E_FORMAT, NULL, "%zu bytes behind the last tensor belong to no tensor",
                   rest);
    return RS_OK;
}

static rs_status parse_header(const struct reader *r, const char *text, size_t size,
                              rs_safetensors *out)
{
    char name[512];
    const rs_json *root;
    snprintf(name, sizeof(name), "'%.480s': header", r->file);
    RS_TRY(rs_json_parse(r->arena, text, size, name, &root, r->err));
    if (root->type != RS_JSON_OBJECT)
        return bad(r, RS_E_FORMAT, NULL, "the header is %s, expected an object",
                   rs_json_type_name(root->type));
    rs_safetensors st = { .tensors = RS_NEW_N(r->arena, rs_wtensor, root->n) };
    if (!st.tensors)
        return RS_FAIL(r->err, RS_E_NOMEM, "no memory for the tensors of '%s'", r->file);
    for (const rs_json *m = root->first; m; m = m->next) {
        if (strcmp(m->key, "__metadata__") == 0) {
            RS_TRY(check_metadata(r, m));
            st.metadata = m;
        } else {
            RS_TRY(parse_tensor(r, m, &st.tensors[st.n++]));
        }
    }
    qsort(st.tensors, st.n, sizeof(*st.tensors), by_place);
    RS_TRY(check_cover(r, &st));
    *out = st;
    return RS_OK;
}

/* The eight bytes in front: the size of the header, which must begin with '{'. */
static rs_status check_start(const char *file, const uint8_t *data, size_t size, size_t *header,
                             rs_err *err)
{
    static const char no[] = "is no safetensors file";
    const char *other = guess_format(data, size);
    if (other)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' %s: it looks like %s", file, no, other);
    if (size < 8)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' %s: it has only %zu bytes", file, no, size);
    const uint64_t n = read_le64(data);
    if (n > RS_SAFETENSORS_MAX_HEADER)
        return RS_FAIL(err, RS_E_FORMAT,
                       "'%s' %s: its first 8 bytes claim a header of %llu bytes, at most %zu are "
                       "accepted", file, no, (unsigned long long)n, RS_SAFETENSORS_MAX_HEADER);
    if (n > size - 8)
        return RS_FAIL(err, RS_E_FORMAT,
                       "'%s': the header claims %llu bytes but only %zu follow; the file is cut "
                       "short", file, (unsigned long long)n, size - 8);
    if (n == 0 || data[8] != '{')
        return RS_FAIL(err, RS_E_FORMAT, "'%s' %s: the header does not begin with '{'", file, no);
    *header = (size_t)n;
    return RS_OK;
}

rs_status rs_safetensors_parse(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                               rs_safetensors *out, rs_err *err)
{
    size_t n = 0;
    RS_TRY(check_start(file, data, size, &n, err));
    const struct reader r = {
        .arena = arena, .file = file, .data = data + 8 + n, .size = size - 8 - n, .err = err,
    };
    return parse_header(&r, (const char *)data + 8, n, out);
}
