/* Status codes and error messages shared by every call of the library.
 *
 * A function that can fail returns an rs_status and, when the caller passed a
 * non-NULL rs_err, leaves there one sentence for a person: what failed and what
 * was expected. Results come through out-parameters, which stay untouched on
 * failure. Nothing is kept in globals, so errors of two threads never mix. */
#ifndef RESTYLE_STATUS_H
#define RESTYLE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_status {
    RS_OK = 0,
    RS_E_NOMEM,       /* memory or an address range could not be had */
    RS_E_IO,          /* a read, write, open or rename failed */
    RS_E_FORMAT,      /* a file is not what its format demands */
    RS_E_INVALID,     /* an argument or option makes no sense */
    RS_E_RANGE,       /* a number outside its limits, or a size that overflows */
    RS_E_UNSUPPORTED, /* well formed, but not something restyle can do */
    RS_E_NOTFOUND,    /* a file, tensor, key or stream that should exist */
    RS_E_CANCELLED,   /* the caller asked to stop */
    RS_E_CORRUPT,     /* data damaged after it was written */
    RS_E_NOT_FINITE,  /* a result with NaN or infinity in it */
    RS_E_INTERNAL     /* our own mistake, reported instead of hidden */
} rs_status;

typedef struct rs_err {
    rs_status status;
    char msg[1024]; /* always terminated; empty when status is RS_OK */
} rs_err;

/* Short stable name of a code, such as "not found"; never NULL. */
const char *rs_status_name(rs_status status);

#ifdef __cplusplus
}
#endif
#endif
