/* checkkern: every kernel of every tier against the scalar reference.
 *
 * A kernel is one ck_row (rows.c): which buffers it takes for a given shape and
 * how it is called. The harness (check.c) makes the buffers, each flush with a
 * page that cannot be touched, fills what the kernel may read with the case's
 * numbers and all else with a poison NaN, and compares. */
#ifndef RS_CHECKKERN_CHECK_H
#define RS_CHECKKERN_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kern.h"

enum { CK_BUFS = 6 };

typedef enum ck_type { CK_U8, CK_U16, CK_F32, CK_F64 } ck_type;
typedef enum ck_dir { CK_IN, CK_OUT, CK_INOUT } ck_dir;

/* The numbers of a case; those from CK_FILLS on only where a row asks for them. */
typedef enum ck_fill {
    CK_NORMAL, /* -4 .. 4 */
    CK_ZERO,
    CK_LARGE,  /* +-1e4, all of one sign in a buffer */
    CK_MIXED,  /* both signs, 1e-6 .. 1e6 */
    CK_DENORMAL,
    CK_HUGE,   /* +-1e30 */
    CK_FILLS,
    CK_BITS = CK_FILLS, /* any bit pattern: inf, NaN, every exponent; any byte or half */
    CK_MASKED, /* as normal with -inf, but not in column 0 */
    CK_NEG_INF,
} ck_fill;

typedef struct ck_shape {
    size_t rows, c, ld, ld2;
    int y0, y1, x0, x1; /* wino: the part inside the picture (0..6 or 0..4) */
    bool flag;
    float f;
} ck_shape;

/* n0 x n1 x n2 elements with strides s0, s1, 1, of which the pointer passed to
 * the kernel lies lead elements before the first. */
typedef struct ck_buf {
    ck_type type;
    ck_dir dir;
    size_t n0, n1, n2, s0, s1, lead;
    bool own_fill; /* fill is the row's choice, not the case's */
    ck_fill fill;
} ck_buf;

typedef enum ck_class { CK_EXACT, CK_SUM, CK_FUNC } ck_class;

/* Reading the inputs of a case in ck_row.terms. */
typedef struct ck_inputs {
    const ck_buf *buf;
    void *const *data; /* as passed to the kernel */
    const ck_shape *shape;
} ck_inputs;

typedef struct ck_row {
    const char *name;
    bool further;    /* not the first row of its kernel */
    ck_class cls;
    unsigned extra;  /* 1u << ck_fill beyond the common ones */
    int n_buf;       /* buffer 0 is the output that may coincide with another */
    int alias[2];    /* buffers that buffer 0 may be (in place); 0: none */
    bool vector;     /* c alone is the size */
    int tile;        /* Winograd patch of 4 or 6: y0..x1 are used */
    size_t min_c;
    void (*setup)(ck_buf *b, const ck_shape *s);
    void (*call)(const rs_kern *k, void *const *p, const ck_shape *s);
    /* CK_SUM: sum of |terms| of element (i0, i1, i2) of buffer b */
    double (*terms)(const ck_inputs *in, int b, size_t i0, size_t i1, size_t i2);
    ck_shape bench;
    double flops;    /* of the bench call; 0: report bytes */
} ck_row;

extern const ck_row ck_rows[];
extern const size_t ck_n_rows;

/* The bodies over the shim in plain C (emu8.c, emu16.c). */
extern const rs_kern ck_emu8;
extern const rs_kern ck_emu16;

typedef struct ck_tier {
    const char *name;
    const rs_kern *kern;
    const rs_kern *twin; /* must give the same bits; NULL: none */
} ck_tier;

/* All shapes and fills of a row on all tiers: the number of failed cases, each
 * told on standard error. */
int ck_check_row(const ck_row *row, const ck_tier *tiers, int n_tiers, uint64_t seed);
void ck_bench_row(const ck_row *row, const ck_tier *tiers, int n_tiers);

#endif
