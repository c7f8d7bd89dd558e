/* Diagnostics: problems with what a person wrote, each with its place. */
#ifndef RESTYLE_DIAG_H
#define RESTYLE_DIAG_H

#include <stddef.h>

#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_diag {
    const char *where;      /* the file as it was named, or the option: "--set img2img.steps=0" */
    int line, col;          /* from 1, columns in characters; line 0: where is an option, the
                               col-th */
    const char *key;        /* "img2img.steps"; "" when no key is concerned */
    const char *text;       /* what is wrong and what was expected */
    const char *suggestion; /* a word that may have been meant, or NULL */
    rs_status status;       /* RS_E_INVALID, or RS_E_NOTFOUND and RS_E_IO for files */
} rs_diag;

/* put is called once a diagnostic, in the order of their places; the strings
 * live during the call. */
typedef struct rs_diag_sink {
    void (*put)(void *cookie, const rs_diag *diag);
    void *cookie;
} rs_diag_sink;

/* "file:line:col: key: text (did you mean 'x'?)", without a newline and always
 * terminated; returns its full length as snprintf does. */
int rs_diag_format(const rs_diag *diag, char *buf, size_t size);

/* The one of n names that word was probably meant to be, or NULL. */
const char *rs_suggest(const char *word, const char *const *names, size_t n);

#ifdef __cplusplus
}
#endif
#endif
