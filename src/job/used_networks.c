#include "job/used_networks.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "media/file_hash.h"
#include "stage/engine.h"
#include "weights/weights.h"

enum { DIGITS = 12, BLOCK = 16 * 1024 }; /* A1111's short hash */

struct rs_hash_entry {
    struct rs_hash_entry *next;
    const char *path;
    char hash[DIGITS + 1];
};

void rs_hash_cache_release(rs_hash_cache *cache)
{
    rs_arena_close(&cache->arena);
    cache->first = NULL;
}

/* The hash that a trainer left in the metadata, or NULL. */
static rs_status stored_hash(rs_arena *arena, const char *path, const char **hash, rs_err *err)
{
    rs_weights *w = NULL;
    RS_TRY(rs_weights_open(arena, path, &w, err));
    const char *found = rs_weights_metadata(w, "sshs_model_hash");
    *hash = found ? rs_arena_strdup(arena, found) : NULL;
    rs_weights_close(&w);
    return found && !*hash ? RS_FAIL(err, RS_E_NOMEM, "no memory for the hash of '%s'", path) : RS_OK;
}

static rs_status make_hash(rs_arena *arena, const char *path, bool tensors, struct rs_hash_entry *e,
                           rs_err *err)
{
    char hex[65] = "";
    const char *stored = NULL;
    if (tensors)
        RS_TRY(stored_hash(arena, path, &stored, err));
    if (!stored)
        RS_TRY(tensors ? rs_tensors_sha256(path, hex, err) : rs_file_sha256(path, hex, err));
    snprintf(e->hash, sizeof(e->hash), "%.*s", DIGITS, stored ? stored : hex);
    return RS_OK;
}

static rs_status hash_of(rs_hash_cache *cache, const char *path, bool tensors, const char **hash, rs_err *err)
{
    struct rs_hash_entry *e;
    for (e = cache->first; e && strcmp(e->path, path) != 0; e = e->next) {}
    if (!e) {
        e = RS_NEW(cache->arena, struct rs_hash_entry);
        if (!e || !(e->path = rs_arena_strdup(cache->arena, path)))
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the hash of '%s'", path);
        RS_TRY(make_hash(cache->arena, path, tensors, e, err));
        e->next = cache->first;
        cache->first = e;
    }
    *hash = e->hash;
    return RS_OK;
}

static rs_status open_cache(rs_hash_cache *cache, rs_err *err)
{
    if (!cache->arena)
        cache->arena = rs_arena_open(BLOCK);
    return cache->arena ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the hashes of networks");
}

/* Colons and commas would end the name. */
static rs_status put(rs_hash_cache *cache, const char *path, bool tensors, rs_strbuf *out, rs_err *err)
{
    const char *hash = "", *name = rs_path_name(path), *end = rs_path_ext(path);
    RS_TRY(hash_of(cache, path, tensors, &hash, err));
    if (out->len)
        rs_strbuf_puts(out, ", ");
    for (; name < end; name++)
        if (*name != ':' && *name != ',')
            rs_strbuf_add(out, name, 1);
    rs_strbuf_printf(out, ": %s", hash);
    return RS_OK;
}

rs_status rs_lora_hashes(rs_hash_cache *cache, const rs_img2img_params *params, rs_strbuf *out, rs_err *err)
{
    const char *prompt, *negative;
    rs_list loras;
    rs_arena *arena = rs_arena_open(BLOCK);
    rs_status s = arena ? open_cache(cache, err) : RS_FAIL(err, RS_E_NOMEM, "no memory for hashes");
    if (s == RS_OK)
        s = rs_loras_of(arena, params, &loras, &prompt, &negative, err);
    for (size_t i = 0; s == RS_OK && i < loras.n; i++)
        s = put(cache, ((const rs_lora *)loras.at)[i].path, true, out, err);
    rs_arena_close(&arena);
    return s;
}

rs_status rs_embedding_hashes(rs_hash_cache *cache, const rs_model *model, rs_strbuf *out, rs_err *err)
{
    const rs_embeddings *all = &model->embeddings;
    RS_TRY(open_cache(cache, err));
    for (size_t i = 0; i < all->n; i++)
        if (all->used[i])
            RS_TRY(put(cache, all->items[i].path, false, out, err));
    return RS_OK;
}
