/* The distribution function is the regularised incomplete beta function, by its
 * continued fraction (DLMF 8.17.22) in Lentz's form. A quantile is rounded to k
 * when it lies between k - 1/2 and k + 1/2, so a table of the function at those
 * places is all that is needed, and no inverse. */
#include "sample/beta_cdf.h"

#include <math.h>

/* Converges fast for x < (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double product = d;
    for (int m = 1; m < 1000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 1;
        for (int half = 0; half < 2; half++) {
            const double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            product *= step;
        }
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return product;
}

/* x^a (1-x)^b / B(a, b); lgamma would write the global signgam. */
static double front(double a, double b, double x, double log_beta)
{
    return exp(a * log(x) + b * log1p(-x) - log_beta);
}

static double cdf(double a, double b, double x, double log_beta)
{
    if (x < (a + 1) / (a + b + 2))
        return front(a, b, x, log_beta) * fraction(a, b, x) / a;
    return 1 - front(b, a, 1 - x, log_beta) * fraction(b, a, 1 - x) / b;
}

/* log Gamma(z), z > 0: Stirling's series (DLMF 5.11.1) from 20 on, recurrence below. */
static double log_gamma(double z)
{
    double shift = 0;
    for (; z < 20; z++)
        shift += log(z);
    const double r = 1 / (z * z);
    const double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / z;
    return (z - 0.5) * log(z) - z + 0.5 * log(2 * 3.14159265358979323846) + series - shift;
}

rs_status rs_beta_table(rs_arena *arena, double alpha, double beta, int n, const double **out, rs_err *err)
{
    const double least = 0.01, most = 100;
    if (!(alpha >= least && alpha <= most && beta >= least && beta <= most))
        return RS_FAIL(err, RS_E_RANGE, "beta_alpha is %g and beta_beta %g, expected %g to %g", alpha, beta,
                       least, most);
    double *table = RS_NEW_N(arena, double, (size_t)n - 1);
    if (!table)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %d noise levels", n);
    const double log_beta = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta);
    for (int k = 0; k < n - 1; k++)
        table[k] = cdf(alpha, beta, (k + 0.5) / (n - 1), log_beta);
    *out = table;
    return RS_OK;
}

int rs_beta_quantile(const double *table, int n, double p)
{
    int low = 0, high = n - 1; /* the first k with table[k] >= p, n - 1 when there is none */
    while (low < high) {
        const int mid = low + (high - low) / 2;
        if (table[mid] >= p)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}
