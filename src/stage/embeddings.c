#include "stage/embeddings.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "weights/weights.h"

enum { MAX_FILES = 20000, MAX_VECTORS = 4096, MAX_NAME_TOKENS = 256 };

struct loader {
    rs_arena *arena;
    const rs_tokenizer *tokenizer;
    int width;
    const rs_log *log;
    rs_embeddings *out;
    size_t cap;
    rs_err *err;
};

static rs_status no_memory(const struct loader *l)
{
    return RS_FAIL(l->err, RS_E_NOMEM, "no memory for the embeddings");
}

/* The tensor with the vectors: "string_to_param" of A1111's files, "emb_params" or
 * "clip_l" of .safetensors, else the only one there is. */
static const rs_wtensor *find_vectors(const rs_weights *w)
{
    static const char *const names[] = { "emb_params", "clip_l" };
    for (size_t i = 0; i < rs_weights_count(w); i++)
        if (strncmp(rs_weights_at(w, i)->name, "string_to_param.", strlen("string_to_param.")) == 0)
            return rs_weights_at(w, i);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (rs_weights_find(w, names[i]))
            return rs_weights_find(w, names[i]);
    return rs_weights_count(w) == 1 ? rs_weights_at(w, 0) : NULL;
}

static rs_status read_vectors(const struct loader *l, const rs_weights *w, const char *path, rs_embedding *e,
                              rs_err *err)
{
    const rs_wtensor *t = find_vectors(w);
    char shape[64];
    if (!t)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is no embedding: it has no tensor 'string_to_param', "
                       "'emb_params' or 'clip_l'", path);
    const int64_t rows = t->rank == 2 ? t->shape[0] : 1, width = t->rank ? t->shape[t->rank - 1] : 0;
    if (t->rank < 1 || t->rank > 2 || width != l->width || rows < 1 || rows > MAX_VECTORS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "embedding '%s' has the shape %s, expected [n, %d]: it is for "
                       "another kind of model", path, rs_shape_text(t->shape, t->rank, shape, sizeof(shape)),
                       l->width);
    const float *values;
    RS_TRY(rs_wtensor_f32(l->arena, t, t->rank, t->shape, &values, err));
    float *copy = RS_NEW_N(l->arena, float, t->count); /* the file is closed afterwards */
    if (!copy)
        return no_memory(l);
    memcpy(copy, values, t->count * sizeof(float));
    e->vectors = copy;
    e->n_vectors = (int)rows;
    e->width = l->width;
    return RS_OK;
}

static rs_status tokenize_name(const struct loader *l, rs_embedding *e, rs_err *err)
{
    int ids[MAX_NAME_TOKENS];
    RS_TRY(rs_tokenizer_encode(l->tokenizer, l->arena, e->name, ids, MAX_NAME_TOKENS, &e->n_ids, err));
    if (e->n_ids == 0 || e->n_ids > MAX_NAME_TOKENS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "embedding '%s' has a name that no prompt can say", e->name);
    int *copy = RS_NEW_N(l->arena, int, e->n_ids);
    if (!copy)
        return no_memory(l);
    memcpy(copy, ids, e->n_ids * sizeof(int));
    e->ids = copy;
    return RS_OK;
}

static rs_status read_file(const struct loader *l, const char *path, rs_embedding *e, rs_err *err)
{
    rs_weights *w = NULL;
    const char *name = rs_path_name(path);
    e->name = rs_arena_strndup(l->arena, name, strlen(name) - strlen(rs_path_ext(path)));
    e->path = rs_arena_strdup(l->arena, path);
    if (!e->name || !e->path)
        return no_memory(l);
    RS_TRY(rs_weights_open(l->arena, path, &w, err));
    rs_status s = read_vectors(l, w, path, e, err);
    rs_weights_close(&w);
    return s == RS_OK ? tokenize_name(l, e, err) : s;
}

static rs_status add(struct loader *l, const rs_embedding *e)
{
    rs_embeddings *out = l->out;
    if (out->n == MAX_FILES)
        return RS_FAIL(l->err, RS_E_RANGE, "more than %d embeddings", MAX_FILES);
    if (out->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 32;
        rs_embedding *bigger = RS_NEW_N(l->arena, rs_embedding, cap);
        if (!bigger)
            return no_memory(l);
        if (out->n)
            memcpy(bigger, out->items, out->n * sizeof(*bigger));
        out->items = bigger;
        l->cap = cap;
    }
    out->items[out->n++] = *e;
    return RS_OK;
}

static bool is_embedding(const char *name)
{
    static const char *const exts[] = { ".pt", ".bin", ".safetensors" };
    for (size_t i = 0; i < sizeof(exts) / sizeof(*exts); i++)
        if (strcmp(rs_path_ext(name), exts[i]) == 0)
            return true;
    return false;
}

static rs_status take(void *cookie, const char *path)
{
    struct loader *l = cookie;
    rs_embedding e = { 0 };
    rs_err why = { 0 };
    if (!is_embedding(path))
        return RS_OK;
    const rs_status s = read_file(l, path, &e, &why);
    if (s == RS_E_NOMEM)
        return no_memory(l);
    if (s == RS_OK)
        return add(l, &e);
    RS_WARN(l->log, "%s; it is left out", why.msg);
    return RS_OK;
}

static int longer_first(const void *a, const void *b)
{
    const rs_embedding *x = a, *y = b;
    return x->n_ids != y->n_ids ? (x->n_ids < y->n_ids) - (x->n_ids > y->n_ids) : strcmp(x->name, y->name);
}

rs_status rs_embeddings_load(rs_arena *arena, const char *folder, const rs_tokenizer *tokenizer, int width,
                             const rs_log *log, rs_embeddings *out, rs_err *err)
{
    rs_embeddings all = { 0 };
    struct loader l = { .arena = arena, .tokenizer = tokenizer, .width = width, .log = log, .out = &all,
                        .err = err };
    RS_TRY(rs_each_file(arena, folder, take, &l, err));
    if (all.n)
        qsort(all.items, all.n, sizeof(*all.items), longer_first);
    all.used = RS_NEW_N(arena, bool, all.n + 1);
    if (!all.used)
        return no_memory(&l);
    *out = all;
    return RS_OK;
}

const rs_embedding *rs_embeddings_match(const rs_embeddings *embeddings, const int *ids, size_t n,
                                        size_t *used)
{
    for (size_t i = 0; embeddings && i < embeddings->n; i++) {
        const rs_embedding *e = &embeddings->items[i];
        if (e->n_ids <= n && memcmp(e->ids, ids, e->n_ids * sizeof(int)) == 0) {
            *used = e->n_ids;
            return e;
        }
    }
    return NULL;
}
