/* Sizes read off the tensors of a single-file checkpoint: helpers. */
#ifndef RS_WEIGHTS_SINGLE_FILE_H
#define RS_WEIGHTS_SINGLE_FILE_H

#include "weights/bundle_parts.h"
#include "weights/config_file.h"

/* Whether there is a tensor of this name. */
bool rs_single_has(const rs_bundle *b, const char *fmt, ...) RS_PRINTF(2, 3);
/* Length of one axis of a tensor, which must exist and lie in 1..65536. */
rs_status rs_single_dim(const rs_bundle *b, int axis, int *out, rs_err *err, const char *fmt, ...)
    RS_PRINTF(5, 6);

/* The "restyle.*" keys of the metadata (see bundle.h) as an object of numbers
 * and strings, to be read like a config.json. */
rs_status rs_single_metadata(const rs_bundle *b, rs_config_file *out, rs_err *err);

/* 32, or, when that does not divide all channels, the largest power of two that does. */
int rs_single_norm_groups(const int *channels, int n_levels);

#endif
