/* Random weights that look like a file's: F16, named and shaped by the walk over
 * a part's tensors (part_tensors.h). */
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "weights/archs.h"
#include "weights/bundle_parts.h"
#include "weights/part_tensors.h"

#define F16_ONE 0x3c00u

/* Filled by two walks: the first counts, the second describes. */
struct set {
    const rs_bundle *b;
    rs_wtensor *tensors; /* NULL in the first walk */
    size_t n;
    size_t most;         /* elements of the largest tensor */
    size_t ones;         /* elements of the largest vector */
    const uint8_t *data; /* `most` random values, then `ones` ones */
    bool nomem;
};

static bool is_scale(const char *name, int rank)
{
    return rank == 1 && strcmp(strrchr(name, '.'), ".weight") == 0;
}

static void visit(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct set *s = cookie;
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)shape[i]; /* sizes of our own table: no overflow */
    if (!s->tensors) {
        s->n++;
        s->most = count > s->most ? count : s->most;
        s->ones = rank == 1 && count > s->ones ? count : s->ones;
        return;
    }
    rs_wtensor *t = &s->tensors[s->n];
    /* each begins elsewhere in the block, so that no two are alike */
    const size_t room = s->most - count, at = room ? s->n * 7919 % room : 0;
    *t = (rs_wtensor){ .name = rs_arena_strdup(s->b->arena, name), .dtype = RS_DTYPE_F16,
                       .dtype_text = "F16", .rank = rank, .count = count, .file = s->b->path,
                       .bytes = 2 * count, .data = s->data + 2 * (is_scale(name, rank) ? s->most : at) };
    memcpy(t->shape, shape, (size_t)rank * sizeof(*shape));
    s->nomem |= !t->name;
    s->n++;
}

static void walk(struct set *s, rs_part part)
{
    s->n = 0;
    rs_part_tensors(s->b, part, visit, s);
}

/* Halves of magnitude 1/64 to 1/32, either sign: times the square root of a few
 * hundred to a few thousand inputs that is near 1. splitmix64 (Steele et al. 2014). */
static void fill(uint8_t *to, size_t n, uint64_t state)
{
    uint64_t z = 0;
    for (size_t i = 0; i < n; i++, z >>= 16) {
        if (i % 4 == 0) {
            z = state += 0x9e3779b97f4a7c15u;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            z ^= z >> 31;
        }
        const uint16_t half = (uint16_t)((z & 0x83ffu) | (9u << 10));
        memcpy(to + 2 * i, &half, sizeof(half));
    }
}

static rs_status make_part(rs_bundle *b, rs_part part, rs_err *err)
{
    struct set s = { .b = b };
    rs_map map;
    uint8_t *data;
    walk(&s, part);
    s.tensors = RS_NEW_N(b->arena, rs_wtensor, s.n);
    if (!s.tensors)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for random weights");
    RS_TRY(rs_map_memory(2 * (s.most + s.ones), &map, &data, err));
    fill(data, s.most, (uint64_t)part);
    for (size_t i = 0; i < s.ones; i++)
        memcpy(data + 2 * (s.most + i), &(uint16_t){ F16_ONE }, sizeof(uint16_t));
    s.data = data;
    walk(&s, part);
    if (s.nomem) {
        rs_map_close(&map);
        return RS_FAIL(err, RS_E_NOMEM, "no memory for random weights");
    }
    b->known[part] = true;
    return rs_weights_of(b->arena, b->path, s.tensors, s.n, &map, &b->weights[part], err);
}

rs_status rs_bundle_random(rs_arena *arena, const rs_arch *arch, rs_bundle **out, rs_err *err)
{
    rs_bundle *b = RS_NEW(arena, rs_bundle);
    if (!b)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for random weights");
    *b = (rs_bundle){ .arena = arena, .path = arch->name, .unet = arch->unet, .vae = arch->vae,
                      .text = arch->text, .noise_known = true,
                      .noise = { .train_steps = 1000, .beta_start = 0.00085, .beta_end = 0.012,
                                 .betas = RS_BETA_SCALED_LINEAR, .prediction = RS_PREDICT_EPSILON } };
    for (rs_part part = 0; part < RS_PARTS; part++) {
        const rs_status s = make_part(b, part, err);
        if (s != RS_OK) {
            rs_bundle_close(&b);
            return s;
        }
    }
    *out = b;
    return RS_OK;
}
