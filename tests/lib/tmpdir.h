/* A folder for the files of one test program, removed with all it holds. */
#ifndef RS_TESTS_TMPDIR_H
#define RS_TESTS_TMPDIR_H

#include <stddef.h>

/* Creates the folder under $TMPDIR or /tmp; exits on failure. Call once. */
const char *tmpdir_open(void);
void tmpdir_close(void);

/* "folder/name" into buf, which is returned. Folders within name are created. */
const char *tmpdir_path(char *buf, size_t size, const char *name);
/* Writes a text file there; missing folders are created. */
void tmpdir_write(const char *name, const void *data, size_t size);

#endif
