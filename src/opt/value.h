/* A tree of values with the place each was written at: what a YAML file or a
 * command line says, before any row has looked at it. Lives in an arena. */
#ifndef RS_OPT_VALUE_H
#define RS_OPT_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "opt/diag.h"

typedef enum rs_value_kind {
    RS_VALUE_NULL,   /* nothing written, `~` or `null` */
    RS_VALUE_SCALAR,
    RS_VALUE_MAP,
    RS_VALUE_LIST,
    RS_VALUE_BAD     /* already reported */
} rs_value_kind;

typedef struct rs_value {
    rs_value_kind kind;
    rs_pos pos;
    const char *text;       /* SCALAR: UTF-8, never NULL */
    bool quoted;            /* SCALAR: cannot be a number or a truth value */
    struct rs_entry *first; /* MAP: in the order written, may hold a key twice; LIST: keys are "" */
} rs_value;

typedef struct rs_entry {
    const char *key;
    rs_pos pos;
    rs_value *value;
    bool bad;               /* its value was reported as wrong */
    struct rs_entry *next;
} rs_entry;

/* NULL when out of memory. */
rs_value *rs_value_scalar(rs_arena *arena, rs_pos pos, const char *text, size_t len, bool quoted);
rs_value *rs_value_map(rs_arena *arena, rs_pos pos);
rs_value *rs_value_list(rs_arena *arena, rs_pos pos);

/* Appends to a map or a list; false when out of memory. The key is copied. */
bool rs_value_append(rs_arena *arena, rs_value *map, const char *key, size_t len, rs_pos pos,
                     rs_value *value);

/* The first entry of that name, or NULL; map may be of any kind. */
rs_entry *rs_value_find(const rs_value *map, const char *key, size_t len);

/* Puts value at "a.b.c", making maps on the way, also in the place of what is no
 * map. False when out of memory. */
bool rs_value_set(rs_arena *arena, rs_value *root, const char *path, rs_value *value);

#endif
