/* libavutil's hash: nobody attacks here, so the quick one. */
#define _POSIX_C_SOURCE 200809L
#include "media/path_identity.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libavutil/mem.h>
#include <libavutil/murmur3.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/mem.h"

/* Deeper folders are a loop of links. */
enum { MAX_DEPTH = 16, PIECE = 1 << 20, N_PIECES = 16, SMALL = 64 << 20, MAX_NAMES = 1 << 24 };

struct hasher {
    struct AVMurMur3 *hash;
    rs_arena *arena;
};

static void add_number(struct hasher *h, int64_t v)
{
    av_murmur3_update(h->hash, (const uint8_t *)&v, sizeof(v));
}

static void add_bytes(struct hasher *h, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at += PIECE) {
        const size_t n = rs_least(size - at, PIECE);
        av_murmur3_update(h->hash, data + at, n);
        rs_map_drop(data + at, n); /* or gigabytes would count as ours */
    }
}

static rs_status add_file(struct hasher *h, const char *path, const struct stat *st, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    add_number(h, (int64_t)map.size);
    if (map.size <= SMALL) {
        add_bytes(h, map.data, map.size);
    } else {
        add_number(h, (int64_t)st->st_mtim.tv_sec);
        add_number(h, (int64_t)st->st_mtim.tv_nsec);
        for (size_t i = 0; i < N_PIECES; i++)
            add_bytes(h, map.data + (map.size - PIECE) / (N_PIECES - 1) * i, PIECE);
    }
    rs_map_close(&map);
    return RS_OK;
}

static rs_status add_path(struct hasher *h, const char *path, int depth, rs_err *err);

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The visible entries, sorted; *names: [*n]. */
static rs_status list(struct hasher *h, const char *path, char ***names, size_t *n, rs_err *err)
{
    DIR *dir = opendir(path);
    size_t cap = 0;
    rs_status s = dir ? RS_OK : rs_err_sys(err, errno, "cannot read the folder '%s'", path);
    *n = 0;
    for (const struct dirent *e; s == RS_OK && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        if (*n == cap) { /* the arena keeps the shorter ones: as much again */
            cap = cap ? 2 * cap : 64;
            char **more = cap <= MAX_NAMES ? RS_NEW_N(h->arena, char *, cap) : NULL;
            if (more && *n)
                memcpy(more, *names, *n * sizeof(*more));
            *names = more;
        }
        if (!*names || !((*names)[(*n)++] = rs_arena_strdup(h->arena, e->d_name)))
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to read the folder '%s'", path);
    }
    if (dir)
        closedir(dir);
    if (s == RS_OK && *n)
        qsort(*names, *n, sizeof(**names), by_name);
    return s;
}

static rs_status add_entry(struct hasher *h, const char *dir, const char *name, int depth, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(h->arena);
    const char *path = rs_path_join(h->arena, dir, name);
    av_murmur3_update(h->hash, (const uint8_t *)name, strlen(name) + 1);
    const rs_status s = path ? add_path(h, path, depth, err)
                             : RS_FAIL(err, RS_E_NOMEM, "no memory to read the folder '%s'", dir);
    rs_arena_rewind(h->arena, mark);
    return s;
}

static rs_status add_folder(struct hasher *h, const char *path, int depth, rs_err *err)
{
    char **names = NULL;
    size_t n;
    if (depth == MAX_DEPTH)
        return RS_FAIL(err, RS_E_IO, "'%s': folders are nested too deeply", path);
    const rs_arena_mark mark = rs_arena_save(h->arena);
    rs_status s = list(h, path, &names, &n, err);
    for (size_t i = 0; s == RS_OK && i < n; i++)
        s = add_entry(h, path, names[i], depth + 1, err);
    add_number(h, (int64_t)n);
    rs_arena_rewind(h->arena, mark);
    return s;
}

static rs_status add_path(struct hasher *h, const char *path, int depth, rs_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return rs_err_sys(err, errno, "cannot read '%s'", path);
    if (S_ISDIR(st.st_mode))
        return add_folder(h, path, depth, err);
    return S_ISREG(st.st_mode) ? add_file(h, path, &st, err) : RS_OK;
}

/* Runs fn over a hasher of its own. */
static rs_status hash(const void *of, const char *path,
                      rs_status (*fn)(struct hasher *h, const void *of, rs_err *err),
                      char hex[RS_IDENTITY_SIZE], rs_err *err)
{
    uint8_t digest[16];
    struct hasher h = { av_murmur3_alloc(), rs_arena_open(1 << 16) };
    rs_status s = RS_OK;
    if (h.hash && h.arena) {
        av_murmur3_init(h.hash);
        s = fn(&h, of, err);
        av_murmur3_final(h.hash, digest);
        for (int i = 0; s == RS_OK && i < 16; i++)
            snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    } else {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    }
    av_free(h.hash);
    rs_arena_close(&h.arena);
    return s;
}

static rs_status of_path(struct hasher *h, const void *path, rs_err *err)
{
    return add_path(h, path, 0, err);
}

rs_status rs_path_identity(const char *path, char hex[RS_IDENTITY_SIZE], rs_err *err)
{
    return hash(path, path, of_path, hex, err);
}

static rs_status of_pictures(struct hasher *h, const void *of, rs_err *err)
{
    const rs_folder *folder = of;
    for (size_t i = 0; i < folder->n; i++)
        RS_TRY(add_entry(h, folder->path, folder->entries[i].name, 0, err));
    return RS_OK;
}

rs_status rs_pictures_identity(const rs_folder *pictures, char hex[RS_IDENTITY_SIZE], rs_err *err)
{
    return hash(pictures, pictures->path, of_pictures, hex, err);
}
