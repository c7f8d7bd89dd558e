/* The pictures of a folder, in order. */
#ifndef RS_MEDIA_FOLDER_H
#define RS_MEDIA_FOLDER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct rs_folder_entry {
    const char *name;     /* "b2.JPG" */
    const char *png_name; /* "b2.png"; "b2.JPG.png" when another file would have that too */
} rs_folder_entry;

typedef struct rs_folder {
    const char *path;
    rs_folder_entry *entries;
    size_t n;
} rs_folder;

/* PNG and JPEG files by extension, hidden ones left out, in natural order. A
 * folder without any is RS_E_NOTFOUND. All memory is the arena's. */
rs_status rs_folder_list(rs_arena *arena, const char *path, rs_folder *folder, rs_err *err);

#endif
