/* Option rows: one row a key, from which everything else follows - parsing with
 * places, defaults, range checks, "did you mean", the schema as text, Markdown
 * and JSON, the canonical dump, and the fingerprint of what changes the output.
 *
 *     #define OPT_STRUCT rs_loopback_spec
 *     static const rs_opt rows[] = {
 *         { "blend", OPT_FLOAT(blend), RANGE(0, 1), AFFECTS_OUTPUT, HELP("share of ...") },
 *         { 0 }
 *     };
 *     #undef OPT_STRUCT
 *     static const rs_opt_group group = { "help", rows, sizeof(rs_loopback_spec),
 *         .defaults = &(const rs_loopback_spec){ .blend = 0.5f } };
 *
 * OPT_FLOAT(blend) does not compile unless the field is a float. */
#ifndef RS_OPT_OPT_H
#define RS_OPT_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "opt/diag.h"
#include "opt/value.h"
#include "restyle/list.h"
#include "restyle/size.h"
#include "restyle/timeline.h"

typedef struct rs_opt rs_opt;
typedef struct rs_opt_group rs_opt_group;

/* What parsing needs besides rows and tree. */
typedef struct rs_opt_ctx {
    rs_arena *arena;           /* of strings */
    rs_diags *diags;
    const rs_opt_group *root;  /* where suggestions for misplaced keys come from */
    const char *file_dir;      /* absolute: paths of the file are relative to it */
    const char *current_dir;   /* absolute: those of the command line */
    bool check_files;          /* call the rows' check */
    bool partial;              /* required keys may be missing */
} rs_opt_ctx;

/* A type of values. `at` points at the field. */
typedef struct rs_opt_type {
    const char *name; /* one word for the schema */
    /* Stores the value and returns true, or reports why not. path: "img2img.steps". */
    bool (*parse)(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *value, void *at);
    /* Appends YAML that parses to an equal value; nothing when there is none. */
    void (*print)(rs_strbuf *sb, const rs_opt *row, const void *at);
    bool (*equal)(const rs_opt *row, const void *a, const void *b);
    /* Appends what is allowed: "0 to 1", "auto or 1 to 8"; nothing when all is. */
    void (*bounds)(rs_strbuf *sb, const rs_opt *row);
    /* Appends members of a JSON Schema object, without braces. */
    void (*schema)(rs_strbuf *sb, const rs_opt *row);
} rs_opt_type;

/* Looks at a parsed value's relation to the world, such as files. False when a
 * diagnostic was added. */
typedef bool rs_opt_check(rs_opt_ctx *ctx, const rs_opt *row, const char *path,
                          const rs_value *value, const void *at);

/* Fields beyond help stay zero where a type does not use them. */
struct rs_opt {
    const char *key;          /* lower_snake */
    const rs_opt_type *type;
    size_t offset;
    double min, max;          /* both inclusive; string: min is its least length in bytes */
    double step;              /* size: width and height are multiples of it */
    const void *priv;         /* choices, registry, word, or group, by type */
    const char *help, *unit;  /* help: one sentence without a period; a group has its own */
    const char *example;      /* a value, as YAML, for a row without default; may be NULL */
    unsigned flags;
    rs_opt_check *check;
};

enum {
    RS_OPT_REQUIRED = 1,       /* the key must be given */
    RS_OPT_PATH_IN = 2,        /* is read */
    RS_OPT_PATH_OUT = 4,       /* is written */
    RS_OPT_ADVANCED = 8,       /* most people never need it */
    RS_OPT_AFFECTS_OUTPUT = 16 /* part of the fingerprint */
};

struct rs_opt_group {
    const char *help;         /* one sentence without a period */
    const rs_opt *rows;       /* ended by a row without key */
    size_t size;              /* of the struct */
    const void *defaults;     /* of the struct; sub-groups fill in their own */
    /* Relations between fields; prefix is "" or "img2img."; may be NULL. */
    void (*check)(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values);
};

/* A name of an enumeration; a table ends with a row without name. */
typedef struct rs_opt_choice {
    const char *name;
    int value;
    const char *help;
} rs_opt_choice;

/* Names known elsewhere; both return NULL past the last. The field becomes the
 * registry's own string. */
typedef struct rs_opt_kind {
    const char *(*name)(size_t i);
    const char *(*help)(size_t i);
} rs_opt_kind;

/* A word that stands for a value outside the range. */
typedef struct rs_opt_word {
    const char *name;
    double value;
    const char *help;
} rs_opt_word;

extern const rs_opt_type rs_opt_bool, rs_opt_int, rs_opt_float, rs_opt_seed, rs_opt_string,
    rs_opt_path, rs_opt_size, rs_opt_moment, rs_opt_rate, rs_opt_enum, rs_opt_kinds, rs_opt_list,
    rs_opt_pairs, rs_opt_sub;

/* What a list holds: items of `size` bytes each, described by a row of any other
 * type (text, path, number, group, ...) whose key, offset and help are not used. */
typedef struct rs_opt_list_of {
    const rs_opt *item;
    size_t size;
} rs_opt_list_of;

#define OPT_AT(ctype, field) \
    _Generic(&((OPT_STRUCT *)0)->field, ctype *: offsetof(OPT_STRUCT, field))
#define OPT_BOOL(field) .type = &rs_opt_bool, .offset = OPT_AT(bool, field)
#define OPT_INT(field) .type = &rs_opt_int, .offset = OPT_AT(int, field)
#define OPT_FLOAT(field) .type = &rs_opt_float, .offset = OPT_AT(float, field)
#define OPT_SEED(field) .type = &rs_opt_seed, .offset = OPT_AT(uint64_t, field)
#define OPT_STRING(field) .type = &rs_opt_string, .offset = OPT_AT(const char *, field)
#define OPT_PATH(field) .type = &rs_opt_path, .offset = OPT_AT(const char *, field)
/* words: rs_opt_choice rows that stand for themselves; the field becomes their name. */
#define OPT_PATH_OR(field, words) \
    .type = &rs_opt_path, .priv = (words), .offset = OPT_AT(const char *, field)
#define OPT_MOMENT(field) .type = &rs_opt_moment, .offset = OPT_AT(rs_moment, field)
#define OPT_RATE(field) .type = &rs_opt_rate, .offset = OPT_AT(rs_rational, field)
#define OPT_SIZE(field) .type = &rs_opt_size, .offset = OPT_AT(rs_size, field)
/* Enumerations are compatible with int or unsigned. */
#define OPT_ENUM(field, choices)                                                               \
    .type = &rs_opt_enum, .priv = (choices),                                                   \
    .offset = _Generic(&((OPT_STRUCT *)0)->field, int *: offsetof(OPT_STRUCT, field),          \
                       unsigned *: offsetof(OPT_STRUCT, field))
#define OPT_KIND(field, kind) \
    .type = &rs_opt_kinds, .priv = (kind), .offset = OPT_AT(const char *, field)
/* of: a rs_opt_list_of */
#define OPT_LIST(field, of) .type = &rs_opt_list, .priv = (of), .offset = OPT_AT(rs_list, field)
/* A rs_list of rs_pair. */
#define OPT_PAIRS(field) .type = &rs_opt_pairs, .offset = OPT_AT(rs_list, field)
#define OPT_GROUP(ctype, field, group) \
    .type = &rs_opt_sub, .priv = (group), .offset = OPT_AT(ctype, field)
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define STEP(n) .step = (n)
#define WORD(word) .priv = (word)
#define HELP(text) .help = (text)
#define UNIT(text) .unit = (text)
#define EXAMPLE(yaml) .example = (yaml)
#define FLAGS(f) .flags = (f)
#define AFFECTS_OUTPUT .flags = RS_OPT_AFFECTS_OUTPUT

/* Fills *out with the defaults, sub-groups included. */
void rs_opt_defaults(const rs_opt_group *group, void *out);

/* Reads map into *out, which holds the defaults. Problems go to ctx->diags and
 * leave the default. prefix: "" or "img2img.". */
void rs_opt_parse(rs_opt_ctx *ctx, const rs_opt_group *group, const char *prefix, rs_value *map,
                  void *out);

/* The entry of a key that was written and is right, or NULL: for checks. */
const rs_entry *rs_opt_given(const rs_value *map, const char *key);

/* The row's sub-group, or NULL; the field of a row. */
const rs_opt_group *rs_opt_subgroup(const rs_opt *row);
/* The group of which the row is a list, or NULL. */
const rs_opt_group *rs_opt_item_group(const rs_opt *row);
const void *rs_opt_field(const rs_opt *row, const void *values);
/* The row's help, or its group's. */
const char *rs_opt_help(const rs_opt *row);

/* The row of "img2img.steps", or NULL. */
const rs_opt *rs_opt_find(const rs_opt_group *root, const char *path);

bool rs_opt_equal(const rs_opt_group *group, const void *a, const void *b);

/* Canonical YAML of all values. */
void rs_opt_dump(rs_strbuf *sb, const rs_opt_group *group, const void *values);
/* Whether a row makes the output what it is, or says what is read. */
bool rs_opt_matters(const rs_opt *row);
/* Of those that matter, where they differ from usual. */
void rs_opt_dump_changed(rs_strbuf *sb, const rs_opt_group *group, const void *values, const void *usual);

/* Replaces every path by its last name, also those in lists, whose items are copied. False: no
 * memory. */
bool rs_opt_name_paths(rs_arena *arena, const rs_opt_group *group, void *values);
/* One line "img2img.steps: 20" for each value that affects the output; prefix
 * as for rs_opt_parse. */
void rs_opt_fingerprint(rs_strbuf *sb, const rs_opt_group *group, const char *prefix,
                        const void *values);

/* Prefix and key in the arena; "" when out of memory, which ctx->diags notes. */
const char *rs_opt_key_path(rs_opt_ctx *ctx, const char *prefix, const char *key);

#endif
