/* Files: mapping, whole reads, paths, and writes that appear all at once. */
#ifndef RS_BASE_FS_H
#define RS_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* A read-only mapping of a whole regular file. */
typedef struct rs_map {
    const uint8_t *data; /* NULL for an empty file */
    size_t size;
} rs_map;

rs_status rs_map_open(const char *path, rs_map *map, rs_err *err);
/* Zeroed memory that behaves as a mapped file: rs_map_drop keeps its values. *data
 * is map->data, to be filled. size is not 0. */
rs_status rs_map_memory(size_t size, rs_map *map, uint8_t **data, rs_err *err);
void rs_map_close(rs_map *map); /* zeroes *map */
/* Gives the memory of a part of a mapping back to the system, for values that were
 * copied; the part stays readable, at the price of reading the file again. */
void rs_map_drop(const void *data, size_t size);

/* The whole file in memory of the arena, followed by a zero byte; files above
 * max bytes are refused (RS_E_RANGE). */
rs_status rs_read_file(rs_arena *arena, const char *path, size_t max, char **data, size_t *size,
                       rs_err *err);

/* Writes beside `path`, syncs, and renames into place. */
rs_status rs_write_file(const char *path, const void *data, size_t size, rs_err *err);
/* The same by way of a name the caller chose, on the same file system. */
rs_status rs_write_file_by(const char *temp, const char *path, const void *data, size_t size,
                           rs_err *err);

/* The name that rs_write_file and the encoders use while writing: same folder,
 * same extension, unique to this process. */
char *rs_temp_path(rs_arena *arena, const char *path);
/* fsync of the file, rename, fsync of the folder: after power loss, too, path is what it was
 * before, or, once this has returned, the whole file. */
rs_status rs_publish_file(const char *temp, const char *path, rs_err *err);
/* The same for a file that has its name already, from a process that may not have come to the last. */
rs_status rs_sync_file(const char *path, rs_err *err);
/* fsync of the folder that path is in: its name, or that it has none any more, stays. */
rs_status rs_sync_folder(const char *path, rs_err *err);
/* The same of every folder above path. */
rs_status rs_sync_folders(const char *path, rs_err *err);

bool rs_is_dir(const char *path);
bool rs_is_file(const char *path);
/* Tells of every file that is not hidden, of a folder and of those up to 8 levels down, in no
 * order. Ends with the first status that is not RS_OK, which fn has explained. path is the arena's. */
typedef rs_status rs_each_file_fn(void *cookie, const char *path);
rs_status rs_each_file(rs_arena *arena, const char *folder, rs_each_file_fn *fn, void *cookie, rs_err *err);

/* Creates a folder and its missing parents, which stay after power loss; an existing folder is fine. */
rs_status rs_make_dirs(const char *path, rs_err *err);

/* "dir/name"; name alone when it is absolute or dir is empty. NULL: no memory. */
char *rs_path_join(rs_arena *arena, const char *dir, const char *name);
char *rs_path_dir(rs_arena *arena, const char *path);   /* "." when none */
const char *rs_path_name(const char *path);             /* behind the last slash */
const char *rs_path_ext(const char *path);              /* ".png", or "" */

#endif
