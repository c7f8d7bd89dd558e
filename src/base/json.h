/* JSON (RFC 8259) parsed into a tree of the caller's arena.
 *
 * Strict: UTF-8 is validated, numbers follow the grammar, keys of one object
 * are unique, nothing but white space follows the value. Stricter than the
 * standard in one point: a string may not hold U+0000, so every string here is
 * a C string without surprises. Nesting, nodes and size are limited. Errors
 * read "name:line:column: ...", columns counted in bytes from 1.
 *
 *     for (const rs_json *m = object->first; m; m = m->next)
 *         use(m->key, m->string);
 *
 * Looking up a key takes constant time, however large the object. */
#ifndef RS_BASE_JSON_H
#define RS_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define RS_JSON_MAX_DEPTH 64
#define RS_JSON_MAX_NODES 4000000
#define RS_JSON_MAX_BYTES ((size_t)128 << 20)

typedef enum rs_json_type {
    RS_JSON_NULL,
    RS_JSON_BOOL,
    RS_JSON_NUMBER,
    RS_JSON_STRING,
    RS_JSON_ARRAY,
    RS_JSON_OBJECT
} rs_json_type;

typedef struct rs_json rs_json;
struct rs_json {
    const rs_json *next; /* the following member or element */
    const char *key;     /* of a member; NULL for elements and the root */
    uint32_t key_len;
    uint32_t line, column;
    rs_json_type type;
    uint32_t n;          /* members, elements, or bytes of the string */
    bool is_integer;     /* a number without fraction and exponent that fits int64_t */
    union {
        bool boolean;
        struct {
            double number;
            int64_t integer; /* valid when is_integer */
        };
        const char *string;
        struct {
            const rs_json *first;
            const rs_json **index; /* internal: hash table of a large object */
        };
    };
};

/* name stands for the text in messages, usually its path. The tree refers
 * neither to text nor to name. */
rs_status rs_json_parse(rs_arena *arena, const char *text, size_t size, const char *name,
                        const rs_json **out, rs_err *err);

/* Reads and parses a file of at most max bytes. */
rs_status rs_json_read(rs_arena *arena, const char *path, size_t max, const rs_json **out,
                       rs_err *err);

/* Member of an object; NULL when absent, or when object is no object. */
const rs_json *rs_json_get(const rs_json *object, const char *key);

/* "null", "a number", ... for messages. */
const char *rs_json_type_name(rs_json_type type);

/* Typed members. An absent or null member leaves *out as it is, which is how
 * defaults are given; anything else of the wrong type or outside [min, max] is
 * an error that names file, position, key, value and what was expected. */
rs_status rs_json_int(const char *file, const rs_json *object, const char *key, int min, int max,
                      int *out, rs_err *err);
rs_status rs_json_double(const char *file, const rs_json *object, const char *key, double min,
                         double max, double *out, rs_err *err);
rs_status rs_json_bool(const char *file, const rs_json *object, const char *key, bool *out,
                       rs_err *err);
rs_status rs_json_string(const char *file, const rs_json *object, const char *key,
                         const char **out, rs_err *err);

/* "file:line:column: ..." about a node. */
rs_status rs_json_fail(rs_err *err, rs_status code, const char *file, const rs_json *at,
                       const char *fmt, ...) RS_PRINTF(5, 6);

/* A short rendering of a scalar into buf, or the type's name; for messages. */
const char *rs_json_show(const rs_json *node, char *buf, size_t size);

#endif
