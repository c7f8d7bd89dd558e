/* Writing safetensors files, one tensor behind the other.
 *
 * All tensors are announced first, for the header; their bytes follow in the header's
 * order: larger elements first, then by name, as the reference implementation orders them,
 * so that all data is aligned. */
#ifndef RS_WEIGHTS_ST_WRITE_H
#define RS_WEIGHTS_ST_WRITE_H

#include "restyle/checkpoint.h"
#include "weights/weights.h"

/* name, dtype_text, rank, shape and bytes count; the rest is not used. The strings must
 * live until the file is closed. */
typedef struct rs_st_tensor {
    const char *name, *dtype;
    size_t element;     /* bytes of one */
    int rank;
    int64_t shape[RS_MAX_RANK];
    size_t bytes;
    const void *source; /* the caller's */
} rs_st_tensor;

typedef struct rs_st_pair {
    const char *key, *value;
} rs_st_pair;

typedef struct rs_st_writer rs_st_writer;

/* Sorts the tensors, and writes the header into a file beside path. An existing path is
 * RS_E_INVALID unless overwrite is set. */
rs_status rs_st_writer_open(rs_arena *arena, const char *path, bool overwrite, rs_st_tensor *tensors,
                            size_t n, const rs_st_pair *metadata, size_t n_metadata,
                            rs_st_writer **out, rs_err *err);
/* The next bytes of the data. */
rs_status rs_st_writer_put(rs_st_writer *w, const void *data, size_t size, rs_err *err);
/* The same with a tensor's, which leave memory piece by piece. */
rs_status rs_st_writer_copy(rs_st_writer *w, const rs_wtensor *t, rs_err *err);
/* The file gets its name; all announced bytes must have been put. Closed in any case. */
rs_status rs_st_writer_finish(rs_st_writer **writer, rs_err *err);
void rs_st_writer_abort(rs_st_writer **writer); /* NULL and *NULL are fine */

/* dtype of a saved tensor: floats as asked, everything else as it is. */
void rs_st_tensor_like(rs_st_tensor *out, const char *name, const rs_wtensor *t,
                       rs_save_precision precision);
/* Floats in that dtype ("F32", "F16", "BF16"), rounded to even as torch does; halves
 * beyond the range become infinite. Returns the bytes written, at most 4 n. F64: 8 n. */
size_t rs_st_from_f32(const char *dtype, const float *src, size_t n, void *dst);

#endif
