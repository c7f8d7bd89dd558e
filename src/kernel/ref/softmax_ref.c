/* One tile of streaming softmax (Milakov & Gimelshein, "Online normalizer
 * calculation for softmax", 2018): the running maximum and sum of a row are
 * corrected when a later tile brings a larger value. */
#include "kernel/ref/ref.h"

#include <math.h>

void rs_ref_softmax_tile(float *s, size_t rows, size_t cols, size_t ld, float scale, float *row_max,
                         float *row_sum, float *rescale)
{
    for (size_t r = 0; r < rows; r++) {
        float *row = s + r * ld;
        float top = row[0];
        for (size_t j = 1; j < cols; j++)
            top = row[j] > top ? row[j] : top;
        const float m = fmaxf(row_max[r], scale * top);

        double sum = 0;
        for (size_t j = 0; j < cols; j++) {
            /* Above 0 only by the rounding of m. */
            const double x = (double)scale * (double)row[j] - (double)m;
            row[j] = (float)exp(x > 0 ? 0 : x);
            sum += (double)row[j];
        }
        rescale[r] = (float)exp((double)row_max[r] - (double)m);
        row_sum[r] = (float)((double)row_sum[r] * (double)rescale[r] + sum);
        row_max[r] = m;
    }
}
