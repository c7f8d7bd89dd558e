/* Is this text UTF-8, and where not? */
#ifndef RS_CONF_UTF8_CHECK_H
#define RS_CONF_UTF8_CHECK_H

#include <stddef.h>

typedef enum rs_utf8_problem {
    RS_UTF8_OK,
    RS_UTF8_INVALID, /* a malformed, overlong or surrogate sequence */
    RS_UTF8_CONTROL  /* a control character other than tab and line ends */
} rs_utf8_problem;

/* Line and column (in characters) of the first problem; both from 1. */
rs_utf8_problem rs_utf8_check(const char *text, size_t size, int *line, int *col);

#endif
