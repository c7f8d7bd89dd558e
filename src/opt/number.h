/* Numbers as text, the same in every locale. */
#ifndef RS_OPT_NUMBER_H
#define RS_OPT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

typedef enum rs_number {
    RS_NUMBER_OK,
    RS_NUMBER_NOT, /* not a number of that kind */
    RS_NUMBER_BIG  /* does not fit the type */
} rs_number;

/* Decimal, with an optional sign, without leading zeros. */
rs_number rs_parse_int(const char *text, int64_t *out);
rs_number rs_parse_uint(const char *text, uint64_t *out);
/* Digits with an optional sign, point and exponent; within an ulp or so of a
 * double, which is exact enough for every float. */
rs_number rs_parse_real(const char *text, double *out);

/* The shortest text that reads back as the same float. */
void rs_print_real(rs_strbuf *sb, double value);

#endif
