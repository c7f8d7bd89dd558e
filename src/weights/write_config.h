/* What a model's sizes are, written down: the inverse of config_*.c and single_*.c. */
#ifndef RS_WEIGHTS_WRITE_CONFIG_H
#define RS_WEIGHTS_WRITE_CONFIG_H

#include "base/strbuf.h"
#include "weights/bundle.h"
#include "weights/st_write.h"

enum { RS_CONFIG_FILES = 6, RS_SINGLE_METADATA = 12 };

/* The JSON text of file i of a diffusers folder: folder (NULL: the model's own) and name. */
void rs_write_config(const rs_bundle *b, size_t i, const char **folder, const char **name,
                     rs_strbuf *sb);

/* The metadata of a single file, strings in memory of arena. RS_E_UNSUPPORTED: a setting
 * that this layout cannot express. */
rs_status rs_write_single_metadata(rs_arena *arena, const rs_bundle *b,
                                   rs_st_pair metadata[RS_SINGLE_METADATA], size_t *n, rs_err *err);

#endif
