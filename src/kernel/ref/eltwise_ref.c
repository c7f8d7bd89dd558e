/* Element by element arithmetic and the activation functions. */
#include "kernel/ref/ref.h"

#include <math.h>

void rs_ref_add(float *dst, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = a[i] + b[i];
}

void rs_ref_axpby(float *dst, float a, const float *x, float b, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = a * x[i] + b * y[i];
}

void rs_ref_add_bias(float *x, const float *bias, size_t rows, size_t c)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < c; j++)
            x[r * c + j] += bias[j];
}

/* Below the cut the value is 0 in double anyway; it also catches -inf * 0. */
double rs_ref_silu_value(double x)
{
    return x < -800 ? 0 : x / (1 + exp(-x));
}

/* x/2 * (1 + erf(x/sqrt 2)), by erfc because 1 + erf cancels for x < 0. */
static double gelu_value(double x)
{
    return x < -40 ? 0 : x / 2 * erfc(-x * sqrt(0.5));
}

void rs_ref_silu(float *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)rs_ref_silu_value((double)src[i]);
}

void rs_ref_gelu(float *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)gelu_value((double)src[i]);
}

/* The factor is a float as in PyTorch, where a scalar takes the tensor's type. */
void rs_ref_quick_gelu(float *dst, const float *src, size_t n)
{
    const double k = (double)1.702f;
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)(rs_ref_silu_value(k * (double)src[i]) / k);
}

void rs_ref_geglu(float *dst, const float *gate, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)((double)dst[i] * gelu_value((double)gate[i]));
}
