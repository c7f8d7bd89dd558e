#define _POSIX_C_SOURCE 200809L
#include "media/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/natural.h"
#include "media/still_size.h"

/* Deeper than any project, and not deep enough to run out of stack or descriptors. */
enum { MAX_DEPTH = 32 };

static bool is_picture(const char *name)
{
    static const char *const exts[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp" };
    const char *ext = rs_path_ext(name);
    for (size_t i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
        if (strcasecmp(ext, exts[i]) == 0)
            return true;
    return false;
}

struct names {
    rs_arena *arena;
    const char *root;
    bool recursive;
    rs_folder_entry *v;
    size_t n, cap;
};

/* name is the list's from here on. */
static rs_status add_name(struct names *list, const char *name, rs_err *err)
{
    if (list->n == list->cap) {
        const size_t cap = list->cap ? list->cap * 2 : 256;
        rs_folder_entry *v = rs_realloc(list->v, list->n * sizeof(*v), cap * sizeof(*v));
        if (!v)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to list a folder");
        list->v = v;
        list->cap = cap;
    }
    list->v[list->n++] = (rs_folder_entry){ .name = name };
    return RS_OK;
}

static bool is_sub_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static rs_status read_names(struct names *list, const char *below, int depth, rs_err *err);

/* below: the entry's folder, seen from the root. */
static rs_status add_entry(struct names *list, const char *below, const char *entry, int depth,
                           rs_err *err)
{
    if (entry[0] == '.' || !(list->recursive || is_picture(entry)))
        return RS_OK;
    const char *name = rs_path_join(list->arena, below, entry);
    const char *path = name ? rs_path_join(list->arena, list->root, name) : NULL;
    if (!path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to list a folder");
    if (list->recursive && depth < MAX_DEPTH && is_sub_folder(path))
        return read_names(list, name, depth + 1, err);
    return is_picture(entry) ? add_name(list, name, err) : RS_OK;
}

static rs_status read_names(struct names *list, const char *below, int depth, rs_err *err)
{
    const char *path = below[0] ? rs_path_join(list->arena, list->root, below) : list->root;
    if (!path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to list a folder");
    DIR *dir = opendir(path);
    if (!dir)
        return rs_err_sys(err, errno, "cannot open the folder '%s'", path);
    rs_status s = RS_OK;
    while (s == RS_OK) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e) {
            if (errno)
                s = rs_err_sys(err, errno, "cannot read the folder '%s'", path);
            break;
        }
        s = add_entry(list, below, e->d_name, depth, err);
    }
    closedir(dir);
    return s;
}

static int by_natural_order(const void *a, const void *b)
{
    const rs_folder_entry *x = a, *y = b;
    return rs_natural_cmp(x->name, y->name);
}

static int by_stem(const void *a, const void *b)
{
    const rs_folder_entry *x = *(rs_folder_entry *const *)a, *y = *(rs_folder_entry *const *)b;
    return strcmp(x->png_name, y->png_name);
}

/* "b2.JPG" -> "b2.png"; whole: "b2.JPG.png" */
static const char *png_name(rs_arena *arena, const char *name, bool whole)
{
    const size_t n = strlen(name) + 5;
    const int stem = whole ? (int)strlen(name) : (int)(rs_path_ext(name) - name);
    char *p = rs_arena_alloc(arena, n);
    if (p)
        snprintf(p, n, "%.*s.png", stem, name);
    return p;
}

/* Of files that differ in their extension only, all but the .png itself keep
 * that extension in their output's name. */
static bool set_png_names(rs_arena *arena, rs_folder *f)
{
    rs_folder_entry **sorted = rs_arena_calloc(arena, f->n, sizeof(rs_folder_entry *));
    if (!sorted)
        return false;
    for (size_t i = 0; i < f->n; i++) {
        sorted[i] = &f->entries[i];
        f->entries[i].png_name = png_name(arena, f->entries[i].name, false);
        if (!f->entries[i].png_name)
            return false;
    }
    qsort(sorted, f->n, sizeof(sorted[0]), by_stem);
    for (size_t i = 0, j; i < f->n; i = j) {
        const char *shared = sorted[i]->png_name;
        for (j = i + 1; j < f->n && strcmp(sorted[j]->png_name, shared) == 0; j++)
            ;
        for (size_t k = i; j - i > 1 && k < j; k++) {
            if (strcmp(sorted[k]->name, shared) != 0 &&
                !(sorted[k]->png_name = png_name(arena, sorted[k]->name, true)))
                return false;
        }
    }
    return true;
}

rs_status rs_folder_list(rs_arena *arena, const char *path, bool recursive, rs_folder *folder,
                         rs_err *err)
{
    struct names list = { .arena = arena, .root = path, .recursive = recursive };
    rs_folder f = { .path = rs_arena_strdup(arena, path) };
    rs_status s = read_names(&list, "", 0, err);
    if (s == RS_OK && list.n == 0)
        s = RS_FAIL(err, RS_E_NOTFOUND,
                    "the folder '%s' has no pictures, expected .png, .jpg, .tiff, .webp or .bmp files%s",
                    path, recursive ? "" : " (those of sub-folders need 'recursive: true')");
    if (s == RS_OK) {
        qsort(list.v, list.n, sizeof(list.v[0]), by_natural_order);
        f.n = list.n;
        f.entries = rs_arena_calloc(arena, f.n, sizeof(f.entries[0]));
        if (f.entries)
            memcpy(f.entries, list.v, f.n * sizeof(f.entries[0]));
        if (!f.path || !f.entries || !set_png_names(arena, &f))
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to list the folder '%s'", path);
    }
    rs_free(list.v);
    if (s == RS_OK)
        *folder = f;
    return s;
}

static bool header_size(rs_arena *arena, const rs_folder *folder, size_t i, rs_size *size)
{
    const rs_arena_mark mark = rs_arena_save(arena);
    const char *path = rs_path_join(arena, folder->path, folder->entries[i].name);
    rs_map map;
    bool known = false;
    if (path && rs_map_open(path, &map, NULL) == RS_OK) {
        known = rs_still_size(map.data, map.size, size);
        rs_map_close(&map);
    }
    rs_arena_rewind(arena, mark);
    return known;
}

void rs_folder_tell_sizes(rs_arena *arena, const rs_folder *folder, const rs_log *log)
{
    rs_size first = { 0 }, size, shown = { 0 };
    size_t n_other = 0;
    const char *other = NULL;
    for (size_t i = 0; log && i < folder->n; i++) {
        if (!header_size(arena, folder, i, &size))
            continue;
        if (!first.width)
            first = size;
        if (size.width == first.width && size.height == first.height)
            continue;
        if (n_other++ == 0) {
            other = folder->entries[i].name;
            shown = size;
        }
    }
    if (n_other)
        RS_WARN(log, "'%s': %zu of %zu pictures are not of %dx%d as the first, such as '%s' of %dx%d",
                folder->path, n_other, folder->n, first.width, first.height, other, shown.width,
                shown.height);
}
