/* The safetensors format: 8 bytes little endian n, n bytes of JSON, data.
 *
 * The JSON maps names to { "dtype", "shape", "data_offsets": [begin, end] },
 * offsets counted from the first byte of data; "__metadata__" maps strings to
 * strings. As in the reference implementation the tensors must cover the data
 * exactly: no overlap, no hole, nothing behind the last one. */
#ifndef RS_WEIGHTS_SAFETENSORS_H
#define RS_WEIGHTS_SAFETENSORS_H

#include "base/json.h"
#include "weights/weights.h"

#define RS_SAFETENSORS_MAX_HEADER ((size_t)100 << 20) /* as in the reference implementation */

typedef struct rs_safetensors {
    rs_wtensor *tensors; /* by position in the file */
    size_t n;
    const rs_json *metadata; /* an object of strings, or NULL */
} rs_safetensors;

/* Parses a whole file that lies in memory; the tensors point into data. file
 * is kept as their file name. */
rs_status rs_safetensors_parse(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                               rs_safetensors *out, rs_err *err);

/* A dtype by its name in the file; false when safetensors has no such name.
 * bits an element: some are no whole bytes. */
bool rs_dtype_parse(const char *name, rs_dtype *dtype, const char **text, unsigned *bits);

#endif
