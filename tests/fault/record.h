/* What record.c writes down and crash_state.c reads: heads, each with the bytes of two paths and of
 * data behind it. Paths are relative to the folder that is watched; "" is that folder itself. */
#ifndef RS_TESTS_FAULT_RECORD_H
#define RS_TESTS_FAULT_RECORD_H

#include <stdint.h>

enum record_call {
    RECORD_CREATE,   /* path: a new file, empty */
    RECORD_WRITE,    /* path, at, data */
    RECORD_TRUNCATE, /* path, at: its new size */
    RECORD_SYNC,     /* path: of a file or a folder */
    RECORD_MKDIR,    /* path */
    RECORD_RENAME,   /* path to other */
    RECORD_LINK,     /* path to other */
    RECORD_REMOVE    /* path: of a file or an empty folder */
};

struct record_head {
    uint32_t call, n_path, n_other, n_data; /* bytes behind the head, in this order */
    int64_t at;
};

#endif
