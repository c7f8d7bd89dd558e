/* Paths as people write them, made absolute. */
#ifndef RS_OPT_PATH_H
#define RS_OPT_PATH_H

#include "base/arena.h"

/* path relative to dir, which is absolute and without symbolic links, so that
 * leading "../" can be resolved by name. NULL: no memory. */
char *rs_path_resolve(rs_arena *arena, const char *dir, const char *path);

/* For messages: without the current folder in front. Points into path. */
const char *rs_path_show(const char *current_dir, const char *path);

#endif
