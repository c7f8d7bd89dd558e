/* A set of tensors over one or more mapped files, sorted by name. */
#include "weights/weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "weights/safetensors.h"
#include "weights/torch_file.h"

#define MAX_SHARDS 1000
#define MAX_INDEX_BYTES ((size_t)64 << 20)

struct shard {
    const char *name; /* file name in the index; NULL for a single file */
    const char *path;
    rs_map map;
    rs_safetensors st;
    rs_torch torch; /* of a file of torch.save: what it says beside the tensors */
};

struct rs_weights {
    const char *path;
    struct shard *shards;
    size_t n_shards;
    const rs_wtensor **tensors; /* by name, ascending */
    size_t n;
};

static rs_status no_memory(const char *path, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
}

static rs_status open_shard(rs_arena *arena, struct shard *s, rs_err *err)
{
    RS_TRY(rs_map_open(s->path, &s->map, err));
    if (rs_torch_is(s->map.data, s->map.size)) {
        RS_TRY(rs_torch_parse(arena, s->path, s->map.data, s->map.size, &s->torch, err));
        s->st.tensors = s->torch.tensors;
        s->st.n = s->torch.n;
        return RS_OK;
    }
    return rs_safetensors_parse(arena, s->path, s->map.data, s->map.size, &s->st, err);
}

static int by_name(const void *a, const void *b)
{
    const rs_wtensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Merges the tensors of all shards into the sorted list. */
static rs_status merge(rs_arena *arena, rs_weights *w, rs_err *err)
{
    size_t total = 0;
    for (size_t i = 0; i < w->n_shards; i++)
        total += w->shards[i].st.n;
    if (!(w->tensors = RS_NEW_N(arena, const rs_wtensor *, total)))
        return no_memory(w->path, err);
    for (size_t i = 0; i < w->n_shards; i++)
        for (size_t k = 0; k < w->shards[i].st.n; k++)
            w->tensors[w->n++] = &w->shards[i].st.tensors[k];
    qsort(w->tensors, w->n, sizeof(*w->tensors), by_name);
    for (size_t i = 1; i < w->n; i++)
        if (strcmp(w->tensors[i - 1]->name, w->tensors[i]->name) == 0)
            return RS_FAIL(err, RS_E_FORMAT, "tensor '%.200s' is in '%s' and again in '%s'",
                           w->tensors[i]->name, w->tensors[i - 1]->file,
                           w->tensors[i]->file);
    return RS_OK;
}

/* A shard must lie beside its index: no folders, no "..". */
static rs_status check_shard_name(const char *index, const rs_json *entry, rs_err *err)
{
    if (entry->type != RS_JSON_STRING)
        return rs_json_fail(err, RS_E_FORMAT, index, entry,
                            "tensor '%.200s' lies in %s, expected a file name", entry->key,
                            rs_json_type_name(entry->type));
    const char *s = entry->string;
    if (s[0] == '\0' || strchr(s, '/') || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
        return rs_json_fail(err, RS_E_FORMAT, index, entry,
                            "tensor '%.200s': file name '%.200s' must name a file beside the index",
                            entry->key, s);
    return RS_OK;
}

static struct shard *find_shard(rs_weights *w, const char *name)
{
    for (size_t i = 0; i < w->n_shards; i++)
        if (strcmp(w->shards[i].name, name) == 0)
            return &w->shards[i];
    return NULL;
}

static rs_status list_shards(rs_arena *arena, rs_weights *w, const rs_json *map, rs_err *err)
{
    char *dir = rs_path_dir(arena, w->path);
    if (!dir || !(w->shards = RS_NEW_N(arena, struct shard, MAX_SHARDS)))
        return no_memory(w->path, err);
    for (const rs_json *m = map->first; m; m = m->next) {
        RS_TRY(check_shard_name(w->path, m, err));
        if (find_shard(w, m->string))
            continue;
        if (w->n_shards == MAX_SHARDS)
            return rs_json_fail(err, RS_E_RANGE, w->path, m, "more than %d files", MAX_SHARDS);
        struct shard *s = &w->shards[w->n_shards];
        s->name = m->string;
        if (!(s->path = rs_path_join(arena, dir, m->string)))
            return no_memory(w->path, err);
        w->n_shards++;
    }
    if (w->n_shards == 0)
        return rs_json_fail(err, RS_E_FORMAT, w->path, map, "'weight_map' is empty");
    return RS_OK;
}

static rs_status open_index(rs_arena *arena, rs_weights *w, rs_err *err)
{
    const rs_json *root;
    RS_TRY(rs_json_read(arena, w->path, MAX_INDEX_BYTES, &root, err));
    const rs_json *map = rs_json_get(root, "weight_map");
    if (!map || map->type != RS_JSON_OBJECT)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': no 'weight_map' that maps tensors to files",
                       w->path);
    RS_TRY(list_shards(arena, w, map, err));
    for (size_t i = 0; i < w->n_shards; i++)
        RS_TRY(open_shard(arena, &w->shards[i], err));
    RS_TRY(merge(arena, w, err));
    for (const rs_json *m = map->first; m; m = m->next) {
        const rs_wtensor *t = rs_weights_find(w, m->key);
        const struct shard *s = find_shard(w, m->string);
        if (!t || t->file != s->path)
            return rs_json_fail(err, RS_E_FORMAT, w->path, m, "tensor '%.200s' is not in '%s'",
                                m->key, s->path);
    }
    return RS_OK;
}

static rs_status open_single(rs_arena *arena, rs_weights *w, rs_err *err)
{
    if (!(w->shards = RS_NEW(arena, struct shard)))
        return no_memory(w->path, err);
    w->n_shards = 1;
    w->shards[0].path = w->path;
    RS_TRY(open_shard(arena, &w->shards[0], err));
    return merge(arena, w, err);
}

rs_status rs_weights_open(rs_arena *arena, const char *path, rs_weights **out, rs_err *err)
{
    rs_weights *w = RS_NEW(arena, rs_weights);
    if (!w || !(w->path = rs_arena_strdup(arena, path)))
        return no_memory(path, err);
    const bool index = strcmp(rs_path_ext(path), ".json") == 0;
    const rs_status s = index ? open_index(arena, w, err) : open_single(arena, w, err);
    if (s != RS_OK) {
        rs_weights_close(&w);
        return s;
    }
    *out = w;
    return RS_OK;
}

rs_status rs_weights_of(rs_arena *arena, const char *path, rs_wtensor *tensors, size_t n, rs_map *map,
                        rs_weights **out, rs_err *err)
{
    rs_weights *w = RS_NEW(arena, rs_weights);
    struct shard *shard = RS_NEW(arena, struct shard);
    if (!w || !shard) {
        rs_map_close(map);
        return no_memory(path, err);
    }
    *shard = (struct shard){ .path = path, .map = *map, .st = { .tensors = tensors, .n = n } };
    *w = (rs_weights){ .path = path, .shards = shard, .n_shards = 1 };
    const rs_status s = merge(arena, w, err);
    if (s != RS_OK) {
        rs_weights_close(&w);
        return s;
    }
    *out = w;
    return RS_OK;
}

void rs_weights_close(rs_weights **weights)
{
    if (!weights || !*weights)
        return;
    for (size_t i = 0; i < (*weights)->n_shards; i++)
        rs_map_close(&(*weights)->shards[i].map);
    *weights = NULL;
}

size_t rs_weights_count(const rs_weights *weights)
{
    return weights->n;
}

const rs_wtensor *rs_weights_at(const rs_weights *weights, size_t i)
{
    return weights->tensors[i];
}

/* Index of the first tensor whose name is not below `name`. */
static size_t lower_bound(const rs_weights *weights, const char *name)
{
    size_t lo = 0, hi = weights->n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (strcmp(weights->tensors[mid]->name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const rs_wtensor *rs_weights_find(const rs_weights *weights, const char *name)
{
    const size_t i = lower_bound(weights, name);
    const bool found = i < weights->n && strcmp(weights->tensors[i]->name, name) == 0;
    return found ? weights->tensors[i] : NULL;
}

bool rs_weights_has_prefix(const rs_weights *weights, const char *prefix)
{
    const size_t i = lower_bound(weights, prefix);
    return i < weights->n && strncmp(weights->tensors[i]->name, prefix, strlen(prefix)) == 0;
}

const char *rs_weights_metadata(const rs_weights *weights, const char *key)
{
    for (size_t i = 0; i < weights->n_shards; i++) {
        const rs_json *m = rs_json_get(weights->shards[i].st.metadata, key);
        if (m)
            return m->string;
        for (size_t k = 0; k < weights->shards[i].torch.n_facts; k++)
            if (strcmp(weights->shards[i].torch.facts[k].key, key) == 0)
                return weights->shards[i].torch.facts[k].value;
    }
    return NULL;
}

const char *rs_weights_path(const rs_weights *weights)
{
    return weights->path;
}
