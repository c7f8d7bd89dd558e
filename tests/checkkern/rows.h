/* What the files of rows share. */
#ifndef RS_CHECKKERN_ROWS_H
#define RS_CHECKKERN_ROWS_H

#include "tests/checkkern/check.h"

static inline ck_buf vec(ck_type type, ck_dir dir, size_t n)
{
    return (ck_buf){.type = type, .dir = dir, .n0 = 1, .n1 = 1, .n2 = n};
}

static inline ck_buf mat(ck_dir dir, size_t rows, size_t c, size_t ld)
{
    return (ck_buf){.type = CK_F32, .dir = dir, .n0 = 1, .n1 = rows, .n2 = c, .s1 = ld};
}

static inline ck_buf filled(ck_buf b, ck_fill fill)
{
    b.own_fill = true;
    b.fill = fill;
    return b;
}

/* rows_bf16.c */
void ck_to_bf16_setup(ck_buf *b, const ck_shape *s);
void ck_to_bf16_call(const rs_kern *k, void *const *p, const ck_shape *s);
void ck_bf16_pairs_setup(ck_buf *b, const ck_shape *s);
void ck_bf16_pairs_call(const rs_kern *k, void *const *p, const ck_shape *s);
void ck_gemm_bf16_setup(ck_buf *b, const ck_shape *s);
void ck_gemm_bf16_call(const rs_kern *k, void *const *p, const ck_shape *s);

#endif
