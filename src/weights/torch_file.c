#include "weights/torch_file.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "weights/pickle.h"
#include "weights/safetensors.h"
#include "weights/zip_dir.h"

enum { MAX_DEPTH = 12, MAX_VISITS = 2000000, MAX_NAME = 512, MAX_OLD_STORAGES = 20000 };

/* One file on its way in. */
struct reader {
    rs_arena *arena;
    const char *file;
    const uint8_t *data;
    size_t size;
    const rs_pickle *root, *storages;
    rs_zip_dir zip;
    const char *folder;   /* in the archive; NULL: the older format */
    rs_zip_entry *old;    /* its storages by key, in the file's order */
    size_t n_old;
    rs_wtensor *tensors;
    size_t n, cap, visits;
    rs_err *err;
};

/* The first pickle of the older format: the number 0x1950a86a20f9469cfc6c. */
static const uint8_t old_magic[] = { 0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a,
                                     0xa8, 0x50, 0x19, '.' };

bool rs_torch_is(const uint8_t *data, size_t size)
{
    return rs_zip_is(data, size) ||
           (size >= sizeof(old_magic) && memcmp(data, old_magic, sizeof(old_magic)) == 0);
}

static rs_status bad(const struct reader *r, const char *name, const char *what)
{
    return RS_FAIL(r->err, RS_E_FORMAT, "'%s': tensor '%.200s' %s", r->file, name, what);
}

static rs_status no_memory(const struct reader *r)
{
    return RS_FAIL(r->err, RS_E_NOMEM, "no memory to read '%s'", r->file);
}

/* The archive's only folder is named after the file it was saved as. */
static rs_status open_zip(struct reader *r)
{
    static const char tail[] = "/data.pkl";
    RS_TRY(rs_zip_dir_read(r->arena, r->file, r->data, r->size, &r->zip, r->err));
    const rs_zip_entry *pickle = NULL;
    for (size_t i = 0; i < r->zip.n && !pickle; i++) {
        const size_t len = strlen(r->zip.entries[i].name);
        if (len > strlen(tail) && strcmp(r->zip.entries[i].name + len - strlen(tail), tail) == 0)
            pickle = &r->zip.entries[i];
    }
    if (!pickle)
        return RS_FAIL(r->err, RS_E_FORMAT, "'%s' is a zip archive, but none of torch: no data.pkl", r->file);
    const size_t n = strlen(pickle->name) - strlen(tail);
    char name[MAX_NAME];
    if (!(r->folder = rs_arena_strndup(r->arena, pickle->name, n)))
        return no_memory(r);
    snprintf(name, sizeof(name), "%s/byteorder", r->folder);
    const rs_zip_entry *order = rs_zip_find(&r->zip, name);
    if (order && order->size >= 3 && memcmp(order->data, "big", 3) == 0)
        return RS_FAIL(r->err, RS_E_UNSUPPORTED, "'%s' was saved on a big-endian machine; save it as "
                       ".safetensors there", r->file);
    size_t at = 0;
    return rs_pickle_read(r->arena, r->file, pickle->data, pickle->size, &at, &r->root, &r->storages, r->err);
}

static unsigned item_size(const char *dtype)
{
    rs_dtype type;
    const char *text;
    unsigned bits = 0;
    return rs_dtype_parse(dtype, &type, &text, &bits) ? bits / 8 : 0;
}

static const char *dtype_of(const struct reader *r, const char *key)
{
    for (const rs_pickle *s = r->storages; s; s = s->next)
        if (strcmp(s->text, key) == 0)
            return s->dtype;
    return NULL;
}

/* Behind the list of keys: of each storage the number of values in 8 bytes, and they. */
static rs_status read_old_storages(struct reader *r, const rs_pickle *keys, size_t at)
{
    if (keys->kind != RS_PICKLE_LIST || keys->n > MAX_OLD_STORAGES)
        return RS_FAIL(r->err, RS_E_FORMAT, "'%s' does not list its storages", r->file);
    if (!(r->old = RS_NEW_N(r->arena, rs_zip_entry, keys->n)))
        return no_memory(r);
    for (const rs_pickle *c = keys->first; c; c = c->next) {
        const char *dtype = c->item->kind == RS_PICKLE_TEXT ? dtype_of(r, c->item->text) : NULL;
        uint64_t n = 0;
        size_t bytes;
        for (int i = 7; r->size - at >= 8 && i >= 0; i--)
            n = n << 8 | r->data[at + (size_t)i];
        if (!dtype || r->size - at < 8 || n > SIZE_MAX || !rs_mul_size((size_t)n, item_size(dtype), &bytes) ||
            bytes > r->size - at - 8)
            return RS_FAIL(r->err, RS_E_FORMAT, "'%s' is cut short or damaged: a storage at byte %zu does "
                           "not fit", r->file, at);
        r->old[r->n_old++] = (rs_zip_entry){ c->item->text, r->data + at + 8, bytes };
        at += 8 + bytes;
    }
    return RS_OK;
}

/* Magic, version and system come before the object. */
static rs_status open_old(struct reader *r)
{
    const rs_pickle *ignored, *none, *keys;
    size_t at = sizeof(old_magic);
    for (int i = 0; i < 2; i++)
        RS_TRY(rs_pickle_read(r->arena, r->file, r->data, r->size, &at, &ignored, &none, r->err));
    RS_TRY(rs_pickle_read(r->arena, r->file, r->data, r->size, &at, &r->root, &r->storages, r->err));
    RS_TRY(rs_pickle_read(r->arena, r->file, r->data, r->size, &at, &keys, &none, r->err));
    return read_old_storages(r, keys, at);
}

static const rs_zip_entry *find_storage(const struct reader *r, const char *key)
{
    char name[MAX_NAME];
    if (r->folder) {
        const int n = snprintf(name, sizeof(name), "%s/data/%s", r->folder, key);
        return n > 0 && (size_t)n < sizeof(name) ? rs_zip_find(&r->zip, name) : NULL;
    }
    for (size_t i = 0; i < r->n_old; i++)
        if (strcmp(r->old[i].name, key) == 0)
            return &r->old[i];
    return NULL;
}

/* Copies a tensor of any strides, last axis fastest. */
static rs_status gather(const struct reader *r, const rs_pickle_view *v, const uint8_t *from, unsigned item,
                        rs_wtensor *t)
{
    int64_t index[RS_MAX_RANK] = { 0 };
    uint8_t *to = rs_arena_alloc(r->arena, t->bytes);
    if (!to)
        return no_memory(r);
    t->data = to;
    for (size_t i = 0; i < t->count; i++, to += item) {
        int64_t at = v->offset;
        for (int k = 0; k < v->rank; k++)
            at += index[k] * v->stride[k];
        memcpy(to, from + (size_t)at * item, item);
        for (int k = v->rank - 1; k >= 0 && ++index[k] == v->shape[k]; k--)
            index[k] = 0;
    }
    return RS_OK;
}

/* The number of values, the place behind the last one, and whether they lie in order;
 * false on overflow. */
static bool measure(const rs_pickle_view *v, size_t *count, size_t *end, bool *in_order)
{
    size_t n = 1, last = (size_t)v->offset;
    *in_order = true;
    for (int k = v->rank - 1; k >= 0; k--) {
        size_t reach;
        if (v->shape[k] > 1 && (size_t)v->stride[k] != n)
            *in_order = false;
        if (v->shape[k] > 0 && (!rs_mul_size((size_t)(v->shape[k] - 1), (size_t)v->stride[k], &reach) ||
                                !rs_add_size(last, reach, &last)))
            return false;
        if (!rs_mul_size(n, (size_t)v->shape[k], &n))
            return false;
    }
    *count = n;
    return n == 0 || rs_add_size(last, 1, &last) ? (*end = n ? last : 0, true) : false;
}

static rs_status add_tensor(struct reader *r, const char *name, const rs_pickle_view *v)
{
    rs_wtensor t = { .rank = v->rank, .file = r->file };
    const rs_zip_entry *storage = find_storage(r, v->storage->text);
    unsigned bits = 0;
    size_t end;
    bool in_order;
    if (!storage)
        return bad(r, name, "has no values in the file");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return RS_FAIL(r->err, RS_E_FORMAT, "'%s': a tensor's name holds a control character", r->file);
    if (!rs_dtype_parse(v->storage->dtype, &t.dtype, &t.dtype_text, &bits) ||
        !measure(v, &t.count, &end, &in_order) || end > storage->size / (bits / 8))
        return bad(r, name, "goes beyond the values in the file");
    if (!in_order && t.count > storage->size / (bits / 8))
        return bad(r, name, "repeats values, which weights do not");
    t.bytes = t.count * (bits / 8);
    t.data = storage->data + (t.count ? (size_t)v->offset * (bits / 8) : 0);
    memcpy(t.shape, v->shape, sizeof(t.shape));
    if (!in_order && t.count)
        RS_TRY(gather(r, v, storage->data, bits / 8, &t));
    if (!(t.name = rs_arena_strdup(r->arena, name)))
        return no_memory(r);
    if (r->n == r->cap) {
        const size_t cap = r->cap ? 2 * r->cap : 64;
        rs_wtensor *bigger = RS_NEW_N(r->arena, rs_wtensor, cap);
        if (!bigger)
            return no_memory(r);
        if (r->n)
            memcpy(bigger, r->tensors, r->n * sizeof(*bigger));
        r->tensors = bigger;
        r->cap = cap;
    }
    r->tensors[r->n++] = t;
    return RS_OK;
}

/* name: of v, with room for MAX_NAME bytes. */
static rs_status walk(struct reader *r, const rs_pickle *v, char *name, int depth)
{
    const size_t len = strlen(name);
    if (v->kind == RS_PICKLE_TENSOR)
        return add_tensor(r, name, v->view);
    if ((v->kind != RS_PICKLE_DICT && v->kind != RS_PICKLE_LIST) || depth == MAX_DEPTH)
        return RS_OK;
    size_t place = 0;
    for (const rs_pickle *c = v->first; c; c = c->next, place++) {
        const rs_pickle *key = v->kind == RS_PICKLE_DICT ? c->item : NULL;
        char number[24];
        if (++r->visits > MAX_VISITS)
            return RS_FAIL(r->err, RS_E_RANGE, "'%s' holds too many values to be weights", r->file);
        snprintf(number, sizeof(number), "%lld", key ? (long long)key->integer : (long long)place);
        if (key && !(c = c->next))
            break;
        if (key && key->kind != RS_PICKLE_TEXT && key->kind != RS_PICKLE_INT)
            continue;
        const int n = snprintf(name + len, MAX_NAME - len, "%s%s", len ? "." : "",
                               key && key->kind == RS_PICKLE_TEXT ? key->text : number);
        if (n >= 0 && (size_t)n < MAX_NAME - len)
            RS_TRY(walk(r, c->item, name, depth + 1));
        name[len] = '\0';
    }
    return RS_OK;
}

static rs_status take_fact(struct reader *r, const char *key, const rs_pickle *value, rs_torch *out)
{
    char number[24];
    if (value->kind != RS_PICKLE_TEXT && value->kind != RS_PICKLE_INT)
        return RS_OK;
    snprintf(number, sizeof(number), "%lld", (long long)value->integer);
    rs_torch_fact *f = &out->facts[out->n_facts++];
    f->key = key;
    f->value = value->kind == RS_PICKLE_TEXT ? value->text : rs_arena_strdup(r->arena, number);
    return f->value ? RS_OK : no_memory(r);
}

static rs_status take_facts(struct reader *r, rs_torch *out)
{
    const rs_pickle *c = r->root->kind == RS_PICKLE_DICT ? r->root->first : NULL;
    if (!(out->facts = RS_NEW_N(r->arena, rs_torch_fact, RS_TORCH_MAX_FACTS)))
        return no_memory(r);
    for (; c && c->next && out->n_facts < RS_TORCH_MAX_FACTS; c = c->next->next)
        if (c->item->kind == RS_PICKLE_TEXT)
            RS_TRY(take_fact(r, c->item->text, c->next->item, out));
    return RS_OK;
}

rs_status rs_torch_parse(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                         rs_torch *out, rs_err *err)
{
    struct reader r = { .arena = arena, .file = file, .data = data, .size = size, .err = err };
    char name[MAX_NAME] = "";
    RS_TRY(rs_zip_is(data, size) ? open_zip(&r) : open_old(&r));
    const rs_pickle *state = rs_pickle_get(r.root, "state_dict");
    RS_TRY(walk(&r, state ? state : r.root, name, 0));
    if (r.n == 0)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' holds no tensors", file);
    rs_torch found = { .tensors = r.tensors, .n = r.n };
    RS_TRY(take_facts(&r, &found));
    *out = found;
    return RS_OK;
}
