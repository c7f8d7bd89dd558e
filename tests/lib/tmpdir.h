/* A folder for the files of one test program, removed with all it holds. */
#ifndef RS_TESTS_TMPDIR_H
#define RS_TESTS_TMPDIR_H

#include <stddef.h>

/* Creates the folder under $TMPDIR or /tmp; exits on failure. Call once. */
const char *tmpdir_open(void);
void tmpdir_close(void);

/* "folder/name" into buf, which is returned. Folders within name are created. */
const char *tmpdir_path(char *buf, size_t size, const char *name);
/* The same in one of four buffers, used in turn. */
const char *tmpdir_at(const char *name);
/* A copy of text without "folder/", in a static buffer: messages that name files
 * can then be compared. */
const char *tmpdir_strip(const char *text);
/* Writes a file there; missing folders are created. */
void tmpdir_write(const char *name, const void *data, size_t size);

#endif
