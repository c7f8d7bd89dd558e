/* The schema, printed from the rows. */
#ifndef RS_OPT_OPT_DOC_H
#define RS_OPT_OPT_DOC_H

#include "opt/opt.h"

void rs_opt_doc_text(rs_strbuf *sb, const rs_opt_group *root);
void rs_opt_doc_markdown(rs_strbuf *sb, const rs_opt_group *root);
/* A JSON Schema (2020-12) document. */
void rs_opt_doc_json(rs_strbuf *sb, const rs_opt_group *root);

/* A pipeline of all keys with their defaults; required keys have their example, and
 * keys without a default are comments. */
void rs_opt_doc_yaml(rs_strbuf *sb, const rs_opt_group *root);

#endif
