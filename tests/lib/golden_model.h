/* A tiny model of tests/golden opened beside a file of reference tensors. */
#ifndef RS_TESTS_GOLDEN_MODEL_H
#define RS_TESTS_GOLDEN_MODEL_H

#include "nn/layers.h"
#include "tests/lib/golden.h"

/* References are float64 runs rounded to float32, and the stored networks were
 * chosen so that torch's own float32 is off by less than 2e-6 in any block (see
 * tools/reference/engine.py). Another order of summation costs as much again;
 * a wrong epsilon, index or formula costs 1e-4 and more. */
#define BLOCK_TOL 1e-5
/* Rounding adds up over the layers of a whole network. */
#define WHOLE_TOL 1e-5
#define RUN_TOL 1e-4

struct golden_model {
    const char *name; /* "tiny" */
    rs_exec ex;
    rs_arena *arena;  /* weights, and the tensors of the test */
    rs_bundle *bundle;
    struct golden file;
};

/* name: model under tests/golden; file: "blocks.safetensors"; threads as in
 * rs_pool_open. Any failure ends the test. */
void golden_model_open(struct golden_model *m, const char *name, const char *file, int threads);
void golden_model_close(struct golden_model *m);

/* The tensor "NAME/<fmt>" of the file, channels last: [n, c, h, w] is turned, [n,
 * t, c], [n, c] and [c] become [n, 1, t, c], [n, 1, 1, c] and [1, 1, 1, c]. */
rs_tensor golden_model_read(struct golden_model *m, const char *fmt, ...) RS_PRINTF(2, 3);
bool golden_model_has(const struct golden_model *m, const char *fmt, ...) RS_PRINTF(2, 3);

rs_tensor golden_model_new(struct golden_model *m, int n, int h, int w, int c);

/* Ends the test when got is not within tolerance of "NAME/<fmt>", measured as
 * |got - want| / |want| over the whole tensor; returns that. */
double golden_model_compare(struct golden_model *m, const rs_tensor *got, double tolerance,
                            const char *fmt, ...) RS_PRINTF(4, 5);

rs_scope golden_model_scope(struct golden_model *m, rs_part part);

/* |got - want| / |want| over n values; infinite when got is not finite. */
double golden_error(const float *got, const float *want, size_t n);

#endif
