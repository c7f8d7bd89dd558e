/* What every operation needs to run: threads, kernels, scratch memory. */
#ifndef RS_TENSOR_EXEC_H
#define RS_TENSOR_EXEC_H

#include <stdbool.h>

#include "base/arena.h"
#include "kernel/kern.h"
#include "par/pool.h"
#include "tensor/prof.h"

/* Owned by whoever runs the model; operations borrow it. scratch is rewound by
 * the operation that took from it, so after the first identical pass no
 * operation allocates. */
typedef struct rs_exec {
    rs_pool *pool;
    const rs_kern *kern;
    rs_arena *scratch;
    rs_prof *prof; /* NULL: off */
    bool wrap;     /* what convolutions pad with zeros, they take from the opposite edge instead
                    * (torch's padding_mode 'circular'): the result tiles without a seam */
} rs_exec;

/* `floats` floats for each worker, in one block of scratch: worker i's part
 * starts at i * rs_exec_stride(floats). Valid until scratch is rewound. */
rs_status rs_exec_worker_floats(const rs_exec *ex, size_t floats, float **out, rs_err *err);
/* floats, rounded up to a whole number of cache lines. */
size_t rs_exec_stride(size_t floats);

#endif
