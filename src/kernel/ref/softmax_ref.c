/* One step of streaming softmax (Milakov & Gimelshein, "Online normalizer
 * calculation for softmax", 2018): what was summed so far is corrected when a
 * later step brings a larger value. */
#include "kernel/ref/ref.h"

#include <math.h>

void rs_ref_softmax_step(float *s, size_t rows, size_t c, size_t ld, const float *old, const float *top,
                         float *rescale)
{
    for (size_t j = 0; j < c; j++) {
        rescale[j] = (float)exp2((double)(old[j] - top[j]));
        for (size_t r = 0; r < rows; r++)
            s[r * ld + j] = (float)exp2((double)(s[r * ld + j] - top[j]));
    }
}
