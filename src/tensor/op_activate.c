#include "tensor/op_activate.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK ((size_t)16384)

static float clamp(float x, float low, float high)
{
    return fminf(fmaxf(x, low), high);
}

static float linear(float x)
{
    return x;
}

static float relu(float x)
{
    return x > 0 ? x : 0;
}

static float relu6(float x)
{
    return clamp(x, 0, 6);
}

static float leaky_relu(float x)
{
    return x > 0 ? x : 0.01f * x;
}

/* In evaluation the mean of its range of slopes, 1/8 to 1/3. */
static float rrelu(float x)
{
    return x > 0 ? x : 11.0f / 48.0f * x;
}

static float elu(float x)
{
    return x > 0 ? x : expm1f(x);
}

static float selu(float x)
{
    return 1.0507009873554805f * (x > 0 ? x : 1.6732632423543772f * expm1f(x));
}

static float hardsigmoid(float x)
{
    return relu6(x + 3) / 6;
}

static float hardswish(float x)
{
    return x * relu6(x + 3) / 6;
}

static float hardtanh(float x)
{
    return clamp(x, -1, 1);
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

static float logsigmoid(float x)
{
    return fminf(x, 0) - log1pf(expf(-fabsf(x)));
}

static float silu(float x)
{
    return x * sigmoid(x);
}

static float softplus(float x)
{
    return x > 20 ? x : log1pf(expf(x));
}

static float mish(float x)
{
    return x * tanhf(softplus(x));
}

static float gelu(float x)
{
    return 0.5f * x * (1 + erff(x * 0.70710678118654752f));
}

static float softsign(float x)
{
    return x / (1 + fabsf(x));
}

static float tanhshrink(float x)
{
    return x - tanhf(x);
}

static float hardshrink(float x)
{
    return fabsf(x) > 0.5f ? x : 0;
}

static float softshrink(float x)
{
    return x > 0.5f ? x - 0.5f : x < -0.5f ? x + 0.5f : 0;
}

/* "swish" is A1111's name for torch's Hardswish (modules/hypernetworks/hypernetwork.py). */
static const rs_activation activations[] = {
    { "linear", linear },         { "relu", relu },
    { "relu6", relu6 },           { "leakyrelu", leaky_relu },
    { "rrelu", rrelu },           { "elu", elu },
    { "celu", elu },              { "selu", selu },
    { "hardsigmoid", hardsigmoid }, { "hardswish", hardswish },
    { "swish", hardswish },       { "hardtanh", hardtanh },
    { "tanh", tanhf },            { "sigmoid", sigmoid },
    { "logsigmoid", logsigmoid }, { "silu", silu },
    { "softplus", softplus },     { "mish", mish },
    { "gelu", gelu },             { "softsign", softsign },
    { "tanhshrink", tanhshrink }, { "hardshrink", hardshrink },
    { "softshrink", softshrink },
};

const rs_activation *rs_activation_find(const char *name)
{
    for (size_t i = 0; i < sizeof(activations) / sizeof(activations[0]); i++)
        if (strcmp(activations[i].name, name) == 0)
            return &activations[i];
    return NULL;
}

struct job {
    float *dst;
    const float *src;
    float scale;
    const rs_activation *act;
    size_t n;
};

static void activate_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    for (size_t k = i * CHUNK, end = rs_least(j->n, k + CHUNK); k < end; k++)
        j->dst[k] = j->act->of(j->dst[k]);
}

void rs_op_activate(const rs_exec *ex, const rs_tensor *x, const rs_activation *act)
{
    struct job j = { .dst = x->data, .act = act, .n = rs_tensor_count(x) };
    rs_par_for(ex->pool, rs_div_up(j.n, CHUNK), activate_piece, &j);
}

static void add_piece(void *arg, size_t i, int worker)
{
    (void)worker;
    const struct job *j = arg;
    for (size_t k = i * CHUNK, end = rs_least(j->n, k + CHUNK); k < end; k++)
        j->dst[k] += j->scale * j->src[k];
}

void rs_op_add_scaled(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, float scale)
{
    struct job j = { .dst = dst->data, .src = src->data, .scale = scale, .n = rs_tensor_count(dst) };
    RS_BUG_IF(!rs_tensor_same_shape(dst, src));
    rs_par_for(ex->pool, rs_div_up(j.n, CHUNK), add_piece, &j);
}
