#include "tests/lib/golden_model.h"

#include <stdarg.h>

#include "tensor/gemm.h"

static rs_err err;

void golden_model_open(struct golden_model *m, const char *name, const char *file, int threads)
{
    static char path[512]; /* golden_open keeps it for messages */
    *m = (struct golden_model){ .name = name };
    m->arena = rs_arena_open(1 << 20);
    m->ex.scratch = rs_arena_open(1 << 20);
    CHECK(m->arena && m->ex.scratch);
    CHECK_OK(rs_pool_open(threads, &m->ex.pool, &err));
    m->ex.kern = rs_kern_active();
    rs_gemm_init();
    snprintf(path, sizeof path, RS_SOURCE_DIR "/tests/golden/%s", name);
    CHECK_OK(rs_bundle_open(m->arena, path, NULL, &m->bundle, &err));
    snprintf(path, sizeof path, RS_SOURCE_DIR "/tests/golden/%s", file);
    m->file = golden_open(path);
}

void golden_model_close(struct golden_model *m)
{
    golden_close(&m->file);
    rs_bundle_close(&m->bundle);
    rs_pool_close(&m->ex.pool);
    rs_arena_close(&m->ex.scratch);
    rs_arena_close(&m->arena);
}

static void full_name(const struct golden_model *m, char *name, size_t size, const char *fmt, va_list ap)
{
    const int n = snprintf(name, size, "%s/", m->name);
    vsnprintf(name + n, size - (size_t)n, fmt, ap);
}

rs_tensor golden_model_new(struct golden_model *m, int n, int h, int w, int c)
{
    rs_tensor t;
    CHECK_OK(rs_tensor_alloc(m->arena, n, h, w, c, &t, &err));
    return t;
}

static rs_tensor read_tensor(struct golden_model *m, const char *name)
{
    const rs_wtensor *t = golden_find(&m->file, name);
    int d[4] = { 1, 1, 1, 1 };
    size_t count;
    const float *values = golden_f32(&m->file, name, &count);
    CHECK(t->rank >= 1 && t->rank <= 4);
    for (int i = 0; i < t->rank; i++)
        d[i] = (int)t->shape[i];
    if (t->rank == 4) {
        rs_tensor out = golden_model_new(m, d[0], d[2], d[3], d[1]);
        rs_tensor_from_planar(&out, values);
        return out;
    }
    rs_tensor out = t->rank == 3   ? golden_model_new(m, d[0], 1, d[1], d[2])
                    : t->rank == 2 ? golden_model_new(m, d[0], 1, 1, d[1])
                                   : golden_model_new(m, 1, 1, 1, d[0]);
    memcpy(out.data, values, count * sizeof(float));
    return out;
}

rs_tensor golden_model_read(struct golden_model *m, const char *fmt, ...)
{
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    full_name(m, name, sizeof name, fmt, ap);
    va_end(ap);
    return read_tensor(m, name);
}

bool golden_model_has(const struct golden_model *m, const char *fmt, ...)
{
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    full_name(m, name, sizeof name, fmt, ap);
    va_end(ap);
    return rs_weights_find(m->file.file, name) != NULL;
}

double golden_error(const float *got, const float *want, size_t n)
{
    double diff = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        diff += ((double)got[i] - (double)want[i]) * ((double)got[i] - (double)want[i]);
        size += (double)want[i] * (double)want[i];
    }
    return isfinite(diff) ? sqrt(diff / size) : (double)INFINITY;
}

double golden_model_compare(struct golden_model *m, const rs_tensor *got, double tolerance,
                            const char *fmt, ...)
{
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    full_name(m, name, sizeof name, fmt, ap);
    va_end(ap);
    const rs_tensor want = read_tensor(m, name);
    if (!rs_tensor_same_shape(got, &want))
        TEST_FAIL("%s: got [%d, %d, %d, %d], want [%d, %d, %d, %d]", name, got->n, got->h, got->w, got->c,
                  want.n, want.h, want.w, want.c);
    const double e = golden_error(got->data, want.data, rs_tensor_count(&want));
    if (!(e <= tolerance))
        TEST_FAIL("%s: relative error %.3g, at most %g", name, e, tolerance);
    return e;
}

rs_scope golden_model_scope(struct golden_model *m, rs_part part)
{
    return (rs_scope){ .bundle = m->bundle, .part = part, .ex = &m->ex, .arena = m->arena };
}
