/* In how many bits a layer computes: the one place that decides it. What its values can
 * bear is for whoever loads the layer to say, what pays is a matter of the processor. */
#ifndef RS_TENSOR_BITS_H
#define RS_TENSOR_BITS_H

#include <stdbool.h>

#include "kernel/kern.h"

typedef enum rs_bits {
    RS_BITS_F32,  /* floats */
    RS_BITS_BF16, /* bfloat16, summed in floats: rs_kern.gemm_bf16 */
    RS_BITS_I8,   /* bytes with scales: packed_i8.h */
} rs_bits;

/* What to use where `least` is good enough. wino: with floats it would be Winograd.
 *
 * Bytes multiply four times as fast as floats where the processor has dot products of
 * bytes, and 1.6 times elsewhere; bfloat16 twice as fast where it has those, and slower
 * elsewhere; Winograd makes floats two to three times as fast. */
static inline rs_bits rs_bits_used(const rs_kern *kern, rs_bits least, bool wino)
{
    if (least == RS_BITS_I8 && (!wino || kern->i8_kr == 4))
        return RS_BITS_I8;
    return least != RS_BITS_F32 && !wino && kern->bf16_kr == 2 ? RS_BITS_BF16 : RS_BITS_F32;
}

#endif
