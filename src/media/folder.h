/* The pictures of a folder, in order. */
#ifndef RS_MEDIA_FOLDER_H
#define RS_MEDIA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

typedef struct rs_folder_entry {
    const char *name;     /* "b2.JPG", or "scene/b2.JPG" in a sub-folder */
    const char *png_name; /* "b2.png"; "b2.JPG.png" when another file would have that too */
} rs_folder_entry;

typedef struct rs_folder {
    const char *path;
    rs_folder_entry *entries;
    size_t n;
} rs_folder;

/* PNG, JPEG, TIFF, WebP and BMP files by extension, hidden ones left out, in natural
 * order; recursive: those of sub-folders, too, but not through links to folders. A
 * folder without any is RS_E_NOTFOUND. All memory is the arena's. */
rs_status rs_folder_list(rs_arena *arena, const char *path, bool recursive, rs_folder *folder,
                         rs_err *err);

/* Warns when pictures are not as large as the first, so that it is known before hours are
 * spent on them: by their headers, so nothing is said of those that have no readable one. */
void rs_folder_tell_sizes(rs_arena *arena, const rs_folder *folder, const rs_log *log);

#endif
