/* Reading reference tensors of tests/golden in a test: any problem ends it. */
#ifndef RS_TESTS_GOLDEN_H
#define RS_TESTS_GOLDEN_H

#include "tests/lib/test.h"
#include "weights/weights.h"

#include <stdint.h>

struct golden {
    const char *path;
    rs_arena *arena; /* the tests may take memory of it too */
    rs_weights *file;
};

/* path: RS_SOURCE_DIR "/tests/golden/x.safetensors" */
static inline struct golden golden_open(const char *path)
{
    rs_err err = { 0 };
    struct golden g = { .path = path, .arena = rs_arena_open(1 << 16) };
    CHECK(g.arena);
    CHECK_OK(rs_weights_open(g.arena, path, &g.file, &err));
    return g;
}

static inline void golden_close(struct golden *g)
{
    rs_weights_close(&g->file);
    rs_arena_close(&g->arena);
}

static inline const rs_wtensor *golden_find(const struct golden *g, const char *name)
{
    const rs_wtensor *t = rs_weights_find(g->file, name);
    if (!t)
        TEST_FAIL("%s: no tensor '%s'", g->path, name);
    return t;
}

/* The floats of a tensor of any shape, in the file's order. */
static inline const float *golden_f32(const struct golden *g, const char *name, size_t *count)
{
    rs_err err = { 0 };
    const rs_wtensor *t = golden_find(g, name);
    const float *values = NULL;
    CHECK_OK(rs_wtensor_f32(g->arena, t, t->rank, t->shape, &values, &err));
    *count = t->count;
    return values;
}

/* The metadata "run/key", or "key" where run is NULL. */
static inline const char *golden_text(const struct golden *g, const char *run, const char *key)
{
    char name[1200];
    snprintf(name, sizeof name, run ? "%s/%s" : "%s%s", run ? run : "", key);
    const char *value = rs_weights_metadata(g->file, name);
    if (!value)
        TEST_FAIL("%s: no metadata '%s'", g->path, name);
    return value;
}

static inline int golden_number(const struct golden *g, const char *run, const char *key)
{
    return (int)strtol(golden_text(g, run, key), NULL, 10);
}

/* As above, from an F64 tensor and without rounding. */
static inline const double *golden_f64(const struct golden *g, const char *name, size_t *count)
{
    const rs_wtensor *t = golden_find(g, name);
    double *values = rs_arena_alloc(g->arena, t->bytes);
    CHECK(t->dtype == RS_DTYPE_F64 && values);
    memcpy(values, t->data, t->bytes);
    *count = t->count;
    return values;
}

static inline const int64_t *golden_i64(const struct golden *g, const char *name, size_t *count)
{
    const rs_wtensor *t = golden_find(g, name);
    int64_t *values = rs_arena_alloc(g->arena, t->bytes);
    CHECK(t->dtype == RS_DTYPE_I64 && values);
    memcpy(values, t->data, t->bytes);
    *count = t->count;
    return values;
}

#endif
