/* Some items of one type, in the order they were written. */
#ifndef RESTYLE_LIST_H
#define RESTYLE_LIST_H

#include <stddef.h>

/* A field of this type says what its items are. They are the caller's and must
 * live as long as the struct that holds the list is used. */
typedef struct rs_list {
    size_t n;       /* 0: none */
    const void *at; /* [n] */
} rs_list;

/* An item of a list of pairs, whose keys are another program's. */
typedef struct rs_pair {
    const char *key, *value;
} rs_pair;

#endif
