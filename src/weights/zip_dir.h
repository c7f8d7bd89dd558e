/* The directory of a zip archive whose entries are stored, not compressed, as
 * torch.save writes them (also of more than 4 GB, with zip64 fields). */
#ifndef RS_WEIGHTS_ZIP_DIR_H
#define RS_WEIGHTS_ZIP_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct rs_zip_entry {
    const char *name; /* terminated, in the arena */
    const uint8_t *data;
    size_t size;
} rs_zip_entry;

typedef struct rs_zip_dir {
    rs_zip_entry *entries; /* by name, ascending */
    size_t n;
} rs_zip_dir;

/* Whether the bytes begin like a zip archive. */
int rs_zip_is(const uint8_t *data, size_t size);

/* data: the whole file; entries point into it and lie inside. file: for messages. */
rs_status rs_zip_dir_read(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                          rs_zip_dir *out, rs_err *err);

/* The entry of that name, or NULL. */
const rs_zip_entry *rs_zip_find(const rs_zip_dir *dir, const char *name);

#endif
