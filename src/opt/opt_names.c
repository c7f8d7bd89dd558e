/* Paths without their folders, for texts that leave the machine. */
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "opt/opt.h"

static bool is_word(const rs_opt *row, const char *value)
{
    for (const rs_opt_choice *word = row->priv; word && word->name; word++)
        if (strcmp(word->name, value) == 0)
            return true;
    return false;
}

/* Of "a/b/", too. */
static bool name_path(rs_arena *arena, const rs_opt *row, const char **at)
{
    if (!*at || is_word(row, *at))
        return true;
    size_t n = strlen(*at);
    while (n > 1 && (*at)[n - 1] == '/')
        n--;
    const char *path = rs_arena_strndup(arena, *at, n);
    *at = path ? rs_path_name(path) : NULL;
    return path != NULL;
}

static bool name_value(rs_arena *arena, const rs_opt *row, void *at);

static bool name_items(rs_arena *arena, const rs_opt *row, rs_list *list)
{
    const rs_opt_list_of *of = row->priv;
    size_t bytes;
    char *copy = list->n && rs_mul_size(list->n, of->size, &bytes) ? rs_arena_alloc(arena, bytes) : NULL;
    if (list->n && !copy)
        return false;
    if (list->n)
        memcpy(copy, list->at, bytes);
    for (size_t i = 0; i < list->n; i++)
        if (!name_value(arena, of->item, copy + i * of->size))
            return false;
    list->at = copy;
    return true;
}

static bool name_value(rs_arena *arena, const rs_opt *row, void *at)
{
    if (row->type == &rs_opt_path)
        return name_path(arena, row, at);
    if (row->type == &rs_opt_list)
        return name_items(arena, row, at);
    return !rs_opt_subgroup(row) || rs_opt_name_paths(arena, rs_opt_subgroup(row), at);
}

bool rs_opt_name_paths(rs_arena *arena, const rs_opt_group *group, void *values)
{
    for (const rs_opt *row = group->rows; row->key; row++)
        if (!name_value(arena, row, (char *)values + row->offset))
            return false;
    return true;
}
