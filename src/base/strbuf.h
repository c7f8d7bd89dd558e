/* A growing string with a stated maximum.
 *
 * Appends after a failure (out of memory, or past the maximum) do nothing and
 * the failure stays recorded, so a caller checks once, at the end. */
#ifndef RS_BASE_STRBUF_H
#define RS_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

typedef struct rs_strbuf {
    char *data;  /* always terminated once anything was appended; may be NULL */
    size_t len, cap, max;
    bool failed;
} rs_strbuf;

void rs_strbuf_init(rs_strbuf *sb, size_t max);
void rs_strbuf_release(rs_strbuf *sb);
void rs_strbuf_add(rs_strbuf *sb, const char *s, size_t n);
void rs_strbuf_puts(rs_strbuf *sb, const char *s);
void rs_strbuf_printf(rs_strbuf *sb, const char *fmt, ...) RS_PRINTF(2, 3);
/* s in quotes and escaped as a JSON string, the way Python's json.dumps does with ensure_ascii
 * off; s is UTF-8. */
void rs_strbuf_json(rs_strbuf *sb, const char *s);
void rs_strbuf_clear(rs_strbuf *sb);
/* The text, never NULL. */
const char *rs_strbuf_str(const rs_strbuf *sb);

#endif
