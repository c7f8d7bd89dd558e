/* A node of the tree spans whole millionths [start, end]. Its middle, rounded as
 * Python's round(x, 6) rounds, splits it; the way through the left half is
 *
 *     mean = W (middle - start) / (end - start),    W: the way through the node
 *     var  = (middle - start) (end - middle) / (end - start)
 *
 * and the right half gets the rest. Any interval is a row of nodes; their ways are
 * summed from left to right. All sums are in single precision, factors are made
 * in double, as torch computes them: the order matters for the last bit. */
#include "sample/brownian.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/seed_sequence.h"

enum { POOL = 24, DEPTH_MAX = 60 };
#define MICRO 1e6

/* round(x, 6) in millionths. The product's rounding error decides what would look
 * like a tie; a true tie goes to the even neighbour. */
static double to_micro(double x)
{
    const double product = x * MICRO, rest = fma(x, MICRO, -product), whole = floor(product);
    const double past_half = product - whole - 0.5;
    const double side = past_half != 0 ? past_half : rest;
    if (side == 0)
        return fmod(whole, 2) == 0 ? whole : whole + 1;
    return side > 0 ? whole + 1 : whole;
}

/* What round() returns: the double nearest to that decimal. */
static double level(double micro)
{
    return micro / MICRO;
}

static rs_status latent(rs_arena *arena, size_t n, float **out, rs_err *err)
{
    size_t bytes;
    *out = rs_mul_size(n, sizeof(float), &bytes) ? rs_arena_alloc(arena, bytes) : NULL;
    return *out ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "out of memory for the noise of %zu values", n);
}

/* Normals of all pictures at a place in the tree. */
static void draw(rs_brownian *b, const uint64_t *place, size_t n_place, float *dst)
{
    for (int i = 0; i < b->n_pictures; i++) {
        uint32_t seed;
        rs_seed_sequence(b->seeds[i], POOL, place, n_place, &seed, 1);
        b->noise(b->cookie, seed, dst + (size_t)i * (b->n / (size_t)b->n_pictures));
    }
}

rs_status rs_brownian_init(rs_arena *arena, double low, double high, size_t n, const uint64_t *seeds,
                           int n_pictures, rs_seeded_noise *noise, void *cookie, rs_brownian *out,
                           rs_err *err)
{
    /* torch holds levels in single precision; so in rs_brownian_step */
    const double first = (double)(float)low, last = (double)(float)high;
    *out = (rs_brownian){ .low = to_micro(first), .high = to_micro(last), .n = n, .seeds = seeds,
                          .n_pictures = n_pictures, .noise = noise, .cookie = cookie };
    for (double span = out->high - out->low; span > 0.5 && out->depth < DEPTH_MAX; span /= 2)
        out->depth++;
    out->parts = RS_NEW_N(arena, float *, (size_t)out->depth + 1);
    if (!out->parts)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for the noise of %zu values", n);
    for (int i = 0; i <= out->depth; i++)
        RS_TRY(latent(arena, n, &out->parts[i], err));
    RS_TRY(latent(arena, n, &out->whole, err));
    RS_TRY(latent(arena, n, &out->normals, err));
    draw(out, NULL, 0, out->whole);
    const float scale = (float)sqrt(last - first);
    for (size_t k = 0; k < n; k++)
        out->whole[k] *= scale;
    return RS_OK;
}

struct node {
    double start, end; /* millionths */
    uint64_t key;      /* its place in its row, from the left */
    int depth;
};

/* way: through the node; becomes the way through its right half. left: gets the
 * other one. */
static void split(rs_brownian *b, const struct node *node, double middle, float *way, float *left)
{
    const double start = level(node->start), end = level(node->end), at = level(middle);
    const double left_span = at - start, inverse = 1 / (end - start);
    const float span = (float)left_span, part = (float)inverse;
    const float deviation = (float)sqrt(left_span * (end - at) * inverse);
    draw(b, (const uint64_t[]){ node->key, (uint64_t)node->depth }, 2, b->normals);
    for (size_t k = 0; k < b->n; k++) {
        left[k] = span * way[k] * part + deviation * b->normals[k];
        way[k] -= left[k];
    }
}

/* Adds to sum the way through what the node and [from, to] share. way is used up. */
static void add(rs_brownian *b, const struct node *node, double from, double to, float *way, float *sum)
{
    if (to <= node->start || from >= node->end)
        return;
    const double middle = to_micro(0.5 * (level(node->start) + level(node->end)));
    if ((from <= node->start && to >= node->end) || middle <= node->start || middle >= node->end) {
        for (size_t k = 0; k < b->n; k++)
            sum[k] += way[k];
        return;
    }
    RS_BUG_IF(node->depth >= b->depth); /* the last part is the root's */
    const struct node left = { node->start, middle, 2 * node->key, node->depth + 1 };
    const struct node right = { middle, node->end, 2 * node->key + 1, node->depth + 1 };
    float *const left_way = b->parts[node->depth];
    split(b, node, middle, way, left_way);
    add(b, &left, from, to, left_way, sum);
    add(b, &right, from, to, way, sum);
}

void rs_brownian_step(rs_brownian *b, double from, double to, float *dst)
{
    const float a = (float)from, z = (float)to;
    const double low = fmax(to_micro((double)fminf(a, z)), b->low);
    const double high = fmin(to_micro((double)fmaxf(a, z)), b->high);
    const struct node root = { b->low, b->high, 0, 0 };
    memset(dst, 0, b->n * sizeof(float));
    memcpy(b->parts[b->depth], b->whole, b->n * sizeof(float));
    add(b, &root, low, high, b->parts[b->depth], dst);
    /* downwards the way counts backwards */
    const float scale = copysignf(sqrtf(fabsf(z - a)), z - a);
    for (size_t k = 0; k < b->n; k++)
        dst[k] = low < high ? dst[k] / scale : 0;
}
