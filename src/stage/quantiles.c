#include "stage/quantiles.h"

void rs_quantiles_init(rs_quantiles *q, const size_t count[256], size_t total)
{
    size_t sum = 0;
    q->n = 0;
    for (int v = 0; v < 256; v++) {
        if (count[v] == 0)
            continue;
        sum += count[v];
        q->share[q->n] = (double)sum / (double)total;
        q->value[q->n++] = v;
    }
}

double rs_quantiles_at(const rs_quantiles *q, double x, int *at)
{
    int k = *at; /* the last share not above x, or the first */
    while (k + 1 < q->n && q->share[k + 1] <= x)
        k++;
    *at = k;
    double y = q->value[k];
    if (k + 1 < q->n && q->share[k] < x)
        y += (q->value[k + 1] - q->value[k]) / (q->share[k + 1] - q->share[k]) * (x - q->share[k]);
    return y;
}
