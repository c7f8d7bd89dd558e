/* Text shared by option types and schema printers. */
#ifndef RS_OPT_OPT_TEXT_H
#define RS_OPT_OPT_TEXT_H

#include "base/strbuf.h"
#include "opt/opt.h"

/* A double-quoted YAML scalar: whatever is not plain printable text is escaped. */
void rs_print_yaml_string(rs_strbuf *sb, const char *utf8);

/* The value as messages show it: "'abc'", "the text 'abc'" when quoted, "a list". buf
 * holds the result; long texts are cut. */
enum { RS_SHOW_MAX = 80 };
const char *rs_value_show(const rs_value *value, char buf[RS_SHOW_MAX]);

/* Reports "expected X, not Y"; suggestion may be NULL. Returns false for `return`. */
bool rs_opt_refuse(rs_opt_ctx *ctx, const char *path, const rs_value *value, const char *suggestion,
                   const char *expected);

#endif
