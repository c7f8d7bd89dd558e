#include "opt/path.h"

#include <string.h>

#include "base/fs.h"

char *rs_path_resolve(rs_arena *arena, const char *dir, const char *path)
{
    if (path[0] == '/')
        return rs_arena_strdup(arena, path);
    size_t n = strlen(dir);
    for (;;) {
        const size_t dots = strspn(path, ".");
        if (dots < 1 || dots > 2 || (path[dots] != '/' && path[dots] != '\0'))
            break;
        while (dots == 2 && n > 1 && dir[n - 1] != '/')
            n--;
        if (dots == 2 && n > 1)
            n--;
        path += dots;
        path += strspn(path, "/");
    }
    char *base = rs_arena_strndup(arena, dir, n ? n : 1);
    return base && *path ? rs_path_join(arena, base, path) : base;
}

const char *rs_path_show(const char *current_dir, const char *path)
{
    const size_t n = strlen(current_dir);
    return strncmp(path, current_dir, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1 : path;
}
