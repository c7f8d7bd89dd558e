/* Python's pickle format, as far as torch.save uses it: read into a tree of plain
 * values. Nothing is ever executed. Names of Python objects are compared with a list
 * of those that torch's and Lightning's files hold (the list A1111's modules/safe.py
 * lets pass); any other name refuses the file. */
#ifndef RS_WEIGHTS_PICKLE_H
#define RS_WEIGHTS_PICKLE_H

#include "weights/weights.h"

#define RS_PICKLE_MAX_VALUES 2000000

typedef enum rs_pickle_kind {
    RS_PICKLE_OTHER,   /* None, a float, bytes, an object that is not looked into */
    RS_PICKLE_INT,     /* also True and False */
    RS_PICKLE_TEXT,
    RS_PICKLE_LIST,    /* also tuples */
    RS_PICKLE_DICT,    /* keys and values in turn; also an object's attributes */
    RS_PICKLE_STORAGE, /* a block of `integer` values, by its key */
    RS_PICKLE_TENSOR,
    RS_PICKLE_GLOBAL   /* the name of a Python object */
} rs_pickle_kind;

typedef struct rs_pickle rs_pickle;

/* A tensor: where in its storage, counted in elements. */
typedef struct rs_pickle_view {
    const rs_pickle *storage;
    int64_t offset;
    int rank;
    int64_t shape[RS_MAX_RANK], stride[RS_MAX_RANK];
} rs_pickle_view;

struct rs_pickle {
    rs_pickle_kind kind;
    int64_t integer;
    const char *text;       /* TEXT; STORAGE: its key; without zero bytes inside */
    rs_pickle *first, *last; /* LIST, DICT: cells, see next */
    size_t n;               /* of cells */
    rs_pickle *next;        /* of a cell */
    const rs_pickle *item;  /* of a cell: the value */
    const char *dtype;      /* STORAGE: as safetensors says it, "F32" */
    const struct rs_global *global; /* GLOBAL */
    const rs_pickle_view *view;     /* TENSOR */
};

/* Reads one pickle at data[*at..size) and moves *at behind it. file: for messages.
 * The tree lives as long as arena and points nowhere into data; it may share parts and
 * have cycles. *storages: every STORAGE in it, chained by next. Shapes, strides and
 * offsets are not negative, but not yet compared with the storage. */
rs_status rs_pickle_read(rs_arena *arena, const char *file, const uint8_t *data, size_t size, size_t *at,
                         const rs_pickle **out, const rs_pickle **storages, rs_err *err);

/* The value of a text key of a DICT, or NULL; dict may be of any kind. */
const rs_pickle *rs_pickle_get(const rs_pickle *dict, const char *key);

#endif
