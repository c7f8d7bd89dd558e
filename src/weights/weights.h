/* Named tensors in memory-mapped files.
 *
 * A set holds one or more files (the shards of one model). Nothing is read
 * until a tensor is asked for; F32 data that lies aligned is used where it is
 * mapped, everything else is converted once into the caller's arena. */
#ifndef RS_WEIGHTS_WEIGHTS_H
#define RS_WEIGHTS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "par/pool.h"

#define RS_MAX_RANK 8

typedef enum rs_dtype {
    RS_DTYPE_F32,
    RS_DTYPE_F16,
    RS_DTYPE_BF16,
    RS_DTYPE_F64,
    RS_DTYPE_I64,
    RS_DTYPE_I32,
    RS_DTYPE_OTHER /* well formed, but nothing the engine computes with */
} rs_dtype;

size_t rs_dtype_size(rs_dtype dtype); /* bytes an element; 0 for OTHER */

typedef struct rs_wtensor {
    const char *name;
    rs_dtype dtype;
    const char *dtype_text; /* as the file says it, also for OTHER ("F8_E4M3") */
    int rank;
    int64_t shape[RS_MAX_RANK];
    size_t count;      /* elements */
    const uint8_t *data;
    size_t bytes;
    const char *file;  /* the file it lies in, for messages */
    bool in_memory;    /* data lies in an arena, not in a mapping */
} rs_wtensor;

typedef struct rs_weights rs_weights;

/* Opens one .safetensors file, one of torch.save (see torch_file.h; told apart by their
 * first bytes), or the shards that a *.json index lists. The set
 * lives as long as the arena, except for the mappings, which rs_weights_close
 * releases. Every offset, shape and name is checked here: afterwards data and
 * bytes of a tensor can be trusted. */
rs_status rs_weights_open(rs_arena *arena, const char *path, rs_weights **out, rs_err *err);
/* A set of n tensors, described in memory of the arena, whose data lies in map;
 * takes both over, also on failure. path names the set in messages. */
rs_status rs_weights_of(rs_arena *arena, const char *path, rs_wtensor *tensors, size_t n, rs_map *map,
                        rs_weights **out, rs_err *err);
void rs_weights_close(rs_weights **weights); /* NULL and *NULL are fine */

size_t rs_weights_count(const rs_weights *weights);
const rs_wtensor *rs_weights_at(const rs_weights *weights, size_t i); /* by name, ascending */
const rs_wtensor *rs_weights_find(const rs_weights *weights, const char *name); /* or NULL */
bool rs_weights_has_prefix(const rs_weights *weights, const char *prefix); /* of any name */
/* A string of the header's __metadata__ (of the first shard that has it), or a text or whole
 * number that a file of torch.save holds beside its tensors; NULL without. */
const char *rs_weights_metadata(const rs_weights *weights, const char *key);
const char *rs_weights_path(const rs_weights *weights);

/* "[2, 3]" into buf, cut short when it does not fit; returns buf. */
const char *rs_shape_text(const int64_t *shape, int rank, char *buf, size_t size);

/* The values of a tensor as floats: a pointer into the mapping, or converted
 * into arena. Shape must equal want[0..rank), but for leading and trailing ones
 * on either side, as 1x1 convolutions and linear layers stand for each other.
 * Errors: t is NULL (RS_E_NOTFOUND), wrong shape (both are named), a dtype
 * without floats, a value that is NaN or infinite (named by index; also one
 * that becomes infinite as a float). */
rs_status rs_wtensor_f32(rs_arena *arena, const rs_wtensor *t, int rank, const int64_t *want,
                         const float **out, rs_err *err);

/* Whether rs_wtensor_f32 would succeed, with its errors: afterwards data holds
 * `count` finite values of dtype F32, F16, BF16 or F64, at any address. Reads them
 * all, with the threads of the pool. */
rs_status rs_wtensor_finite(const rs_wtensor *t, int rank, const int64_t *want, rs_pool *pool,
                            rs_err *err);

/* n values of a tensor of dtype F32, F16, BF16 or F64 as floats, from the first-th on. */
void rs_wtensor_read(const rs_wtensor *t, size_t first, size_t n, float *dst);

/* For a tensor whose values were copied: its part of the file may leave memory. Nothing
 * happens to a tensor in an arena. */
void rs_wtensor_drop(const rs_wtensor *t);
/* The same for n values from the first-th on, of a dtype as above. */
void rs_wtensor_drop_part(const rs_wtensor *t, size_t first, size_t n);

/* Whether rs_wtensor_f32 would get as far as the values: the same errors. */
rs_status rs_wtensor_check(const rs_wtensor *t, int rank, const int64_t *want, rs_err *err);

#endif
