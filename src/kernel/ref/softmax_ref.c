/* One step of streaming softmax (Milakov & Gimelshein, "Online normalizer
 * calculation for softmax", 2018): what was summed so far is corrected when a
 * later step brings a larger value. */
#include "kernel/ref/ref.h"

#include <math.h>

void rs_ref_softmax_step(float *s, size_t rows, size_t c, size_t ld, const float *old, const float *top,
                         float *sum, float *rescale)
{
    for (size_t j = 0; j < c; j++) {
        double all = 0;
        for (size_t r = 0; r < rows; r++) {
            float *v = &s[r * ld + j];
            *v = (float)exp2((double)(*v - top[j]));
            all += (double)*v;
        }
        rescale[j] = (float)exp2((double)(old[j] - top[j]));
        sum[j] = (float)((double)sum[j] * (double)rescale[j] + all);
    }
}
