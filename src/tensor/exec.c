#include "tensor/exec.h"

#include "base/mem.h"

size_t rs_exec_stride(size_t floats)
{
    return rs_round_up(floats, RS_ALIGN / sizeof(float));
}

rs_status rs_exec_worker_floats(const rs_exec *ex, size_t floats, float **out, rs_err *err)
{
    size_t bytes;
    const size_t workers = (size_t)rs_pool_threads(ex->pool);
    if (floats > SIZE_MAX / 2 || !rs_mul_size(rs_exec_stride(floats), workers * sizeof(float), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "scratch of %zu floats for %zu threads is too large", floats,
                       workers);
    float *p = rs_arena_alloc(ex->scratch, bytes);
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu MB of scratch", bytes >> 20);
    *out = p;
    return RS_OK;
}
