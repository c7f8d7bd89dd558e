/* ICC profiles of the kind that cameras, telephones and editors attach to pictures: RGB by three
 * curves and a matrix (ICC.1:2022, 8.3.4). */
#ifndef RS_MEDIA_ICC_H
#define RS_MEDIA_ICC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/gamut.h"

enum { RS_ICC_LEVELS = 65536, RS_ICC_MAX_CURVE = 4096, RS_ICC_MAX_PARAMS = 7 };

typedef struct rs_icc_curve {
    int n;             /* points of the table, or 0: a function */
    const uint8_t *at; /* its points, in the profile, big-endian, from 0 to 65535 */
    int function;      /* of ICC's parametric ones, 0 to 4 */
    double param[RS_ICC_MAX_PARAMS]; /* g a b c d e f */
} rs_icc_curve;

/* Refers to the profile's bytes. */
typedef struct rs_icc {
    rs_icc_curve curve[3];
    rs_matrix to_709; /* from the curves' light to light of BT.709's primaries */
} rs_icc;

typedef enum rs_icc_kind {
    RS_ICC_UNREAD, /* damaged, or of another kind: by tables, grey, CMYK */
    RS_ICC_SRGB,   /* which changes no colour by a step of 8 bits */
    RS_ICC_OTHER
} rs_icc_kind;

/* data: a profile, untrusted. *icc is for RS_ICC_SRGB and RS_ICC_OTHER. */
rs_icc_kind rs_icc_read(const uint8_t *data, size_t size, rs_icc *icc);

/* Light of a sample, both from 0 to 1. */
double rs_icc_light(const rs_icc_curve *curve, double sample);

#endif
