#include "base/rng.h"

#include "base/err.h"

void rs_rng_seed(rs_rng *rng, rs_rng_kind kind, uint64_t seed)
{
    rng->kind = kind;
    switch (kind) {
    case RS_RNG_CPU:
        rs_rng_torch_seed(&rng->u.torch, seed);
        return;
    case RS_RNG_NV:
        rng->u.philox = (rs_rng_philox){ .seed = seed };
        return;
    }
    rs_bug(__FILE__, __LINE__, "unknown kind of generator");
}

void rs_rng_normal(rs_rng *rng, float *dst, size_t n)
{
    if (rng->kind == RS_RNG_CPU)
        rs_rng_torch_normal(&rng->u.torch, dst, n);
    else
        rs_rng_philox_normal(&rng->u.philox, dst, n);
}
