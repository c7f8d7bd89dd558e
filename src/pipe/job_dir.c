#include "pipe/job_dir.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"

const char *rs_job_dir(rs_arena *arena, const char *output, bool folder)
{
    size_t n = folder ? strlen(output) : (size_t)(rs_path_ext(output) - output);
    while (n > 1 && output[n - 1] == '/')
        n--;
    char *dir = rs_arena_alloc(arena, n + sizeof(".job"));
    if (dir)
        snprintf(dir, n + sizeof(".job"), "%.*s.job", (int)n, output);
    return dir;
}
