#include "opt/value.h"

#include <string.h>

rs_value *rs_value_scalar(rs_arena *arena, rs_pos pos, const char *text, size_t len, bool quoted)
{
    rs_value *v = RS_NEW(arena, rs_value);
    char *copy = rs_arena_strndup(arena, text, len);
    if (!v || !copy)
        return NULL;
    *v = (rs_value){ .kind = RS_VALUE_SCALAR, .pos = pos, .text = copy, .quoted = quoted };
    return v;
}

static rs_value *empty(rs_arena *arena, rs_pos pos, rs_value_kind kind)
{
    rs_value *v = RS_NEW(arena, rs_value);
    if (v)
        *v = (rs_value){ .kind = kind, .pos = pos };
    return v;
}

rs_value *rs_value_map(rs_arena *arena, rs_pos pos)
{
    return empty(arena, pos, RS_VALUE_MAP);
}

rs_value *rs_value_list(rs_arena *arena, rs_pos pos)
{
    return empty(arena, pos, RS_VALUE_LIST);
}

bool rs_value_append(rs_arena *arena, rs_value *map, const char *key, size_t len, rs_pos pos,
                     rs_value *value)
{
    rs_entry *e = RS_NEW(arena, rs_entry);
    char *copy = rs_arena_strndup(arena, key, len);
    if (!e || !copy)
        return false;
    *e = (rs_entry){ .key = copy, .pos = pos, .value = value };
    rs_entry **end = &map->first;
    while (*end)
        end = &(*end)->next;
    *end = e;
    return true;
}

rs_entry *rs_value_find(const rs_value *map, const char *key, size_t len)
{
    for (rs_entry *e = map->kind == RS_VALUE_MAP ? map->first : NULL; e; e = e->next) {
        if (strlen(e->key) == len && memcmp(e->key, key, len) == 0)
            return e;
    }
    return NULL;
}

bool rs_value_set(rs_arena *arena, rs_value *root, const char *path, rs_value *value)
{
    rs_value *map = root;
    for (;;) {
        const size_t n = strcspn(path, ".");
        const bool leaf = path[n] == '\0';
        rs_entry *e = rs_value_find(map, path, n);
        rs_value *next = leaf ? value : e && e->value->kind == RS_VALUE_MAP ? e->value : NULL;
        if (!next && !(next = rs_value_map(arena, value->pos)))
            return false;
        if (!e) {
            if (!rs_value_append(arena, map, path, n, value->pos, next))
                return false;
        } else if (e->value != next) {
            e->value = next;
            e->pos = value->pos;
        }
        if (leaf)
            return true;
        map = next;
        path += n + 1;
    }
}
