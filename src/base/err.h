/* How errors are raised and passed up.
 *
 *     RS_TRY(rs_weights_open(arena, path, &w, err));
 *     return RS_FAIL(err, RS_E_FORMAT, "tensor '%s': shape %s, expected %s", ...);
 *
 * The innermost place writes the message; a caller prepends context only where
 * it knows more: rs_err_wrap(err, "stage 'img2img'") gives
 * "stage 'img2img': tensor 'x': ...". Texts are lower case, name the subject
 * in single quotes, and end without a period. */
#ifndef RS_BASE_ERR_H
#define RS_BASE_ERR_H

#include "base/compiler.h"
#include "restyle/status.h"

#define RS_TRY(expr)                    \
    do {                                \
        const rs_status s_ = (expr);    \
        if (s_ != RS_OK)                \
            return s_;                  \
    } while (0)

/* For functions with one `out:` label that releases what was acquired. */
#define RS_TRY_OUT(status, expr)        \
    do {                                \
        (status) = (expr);              \
        if ((status) != RS_OK)          \
            goto out;                   \
    } while (0)

#define RS_FAIL(err, code, ...) rs_err_set((err), (code), __VA_ARGS__)

/* Aborts with file:line when our own logic is wrong. Never on data from a file. */
#define RS_BUG_IF(cond)                             \
    do {                                            \
        if (cond)                                   \
            rs_bug(__FILE__, __LINE__, #cond);      \
    } while (0)

/* Stores code and message (err may be NULL) and returns code. */
rs_status rs_err_set(rs_err *err, rs_status code, const char *fmt, ...) RS_PRINTF(3, 4);

/* As rs_err_set, with ": <strerror(errnum)>" appended. */
rs_status rs_err_sys(rs_err *err, int errnum, const char *fmt, ...) RS_PRINTF(3, 4);

/* Prepends "context: " to the message; err may be NULL. Returns err's status. */
rs_status rs_err_wrap(rs_err *err, rs_status code, const char *fmt, ...) RS_PRINTF(3, 4);

void rs_err_clear(rs_err *err);

_Noreturn void rs_bug(const char *file, int line, const char *what);

#endif
