#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *rs_status_name(rs_status status)
{
    switch (status) {
    case RS_OK: return "ok";
    case RS_E_NOMEM: return "out of memory";
    case RS_E_IO: return "input/output error";
    case RS_E_FORMAT: return "bad format";
    case RS_E_INVALID: return "invalid";
    case RS_E_RANGE: return "out of range";
    case RS_E_UNSUPPORTED: return "unsupported";
    case RS_E_NOTFOUND: return "not found";
    case RS_E_CANCELLED: return "cancelled";
    case RS_E_CORRUPT: return "corrupt";
    case RS_E_NOT_FINITE: return "not finite";
    case RS_E_INTERNAL: return "internal error";
    }
    return "unknown status";
}

/* Control bytes of hostile files must not reach a terminal through a message. */
static void clean(char *s)
{
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if ((c < 0x20 && c != '\n') || c == 0x7f)
            *s = '?';
    }
}

rs_status rs_err_set(rs_err *err, rs_status code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    /* NOLINTNEXTLINE: fmt is checked at the call by RS_PRINTF */
    vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    clean(err->msg);
    err->status = code;
    return code;
}

static rs_status sys_status(int errnum)
{
    switch (errnum) {
    case 2: /* ENOENT, the same on every Unix */ return RS_E_NOTFOUND;
    case 12: /* ENOMEM */ return RS_E_NOMEM;
    default: return RS_E_IO;
    }
}

rs_status rs_err_sys(rs_err *err, int errnum, const char *fmt, ...)
{
    const rs_status code = sys_status(errnum);
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->msg))
        snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", strerror(errnum));
    clean(err->msg);
    err->status = code;
    return code;
}

rs_status rs_err_wrap(rs_err *err, rs_status code, const char *fmt, ...)
{
    if (!err)
        return code;
    char old[sizeof(err->msg)];
    memcpy(old, err->msg, sizeof(old));
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->msg))
        snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %.*s",
                 (int)(sizeof(err->msg) - (size_t)n - 3), old);
    clean(err->msg);
    err->status = code;
    return code;
}

void rs_err_clear(rs_err *err)
{
    if (err) {
        err->status = RS_OK;
        err->msg[0] = '\0';
    }
}

void rs_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "restyle: bug at %s:%d: %s\n", file, line, what);
    abort();
}
