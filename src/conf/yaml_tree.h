/* YAML text to a value tree. The only file that knows libyaml. */
#ifndef RS_CONF_YAML_TREE_H
#define RS_CONF_YAML_TREE_H

#include <stddef.h>

#include "opt/diag.h"
#include "opt/value.h"

/* A pipeline is far below these; what is above them is an attack or a mistake. */
enum {
    RS_YAML_MAX_BYTES = 256 * 1024,
    RS_YAML_MAX_DEPTH = 16,
    RS_YAML_MAX_NODES = 4096
};

/* Parses one document whose root is a map. name stands for the text in
 * diagnostics and must outlive the tree, which does not refer to text.
 *
 * Returns NULL after a syntax error (or without memory, noted in diags). Sound
 * YAML that a pipeline has no use for - anchors, aliases, tags, keys that are
 * no words - is reported at every place, and the tree goes on: such values are
 * RS_VALUE_BAD. */
rs_value *rs_yaml_parse(rs_arena *arena, const char *name, const char *text, size_t size,
                        rs_diags *diags);

/* One scalar as given on a command line: a quoted YAML scalar when it starts
 * with a quote, else the text as it stands, so that ": " and "#" need no care.
 * NULL after a report. */
rs_value *rs_yaml_parse_scalar(rs_arena *arena, rs_pos pos, const char *key, const char *text,
                               rs_diags *diags);

#endif
