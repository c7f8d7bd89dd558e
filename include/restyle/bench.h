/* How fast a model runs here: times of its parts, beside what the processor's
 * plain matrix product would allow.
 *
 *     rs_bench_options o;
 *     rs_bench *b = NULL;
 *     rs_bench_defaults(&o);
 *     if (rs_bench_run(&o, &b, &err) == RS_OK)
 *         rs_bench_write(b, RS_BENCH_TABLES, &sink, &err);
 *     rs_bench_close(&b);
 */
#ifndef RESTYLE_BENCH_H
#define RESTYLE_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "restyle/img2img.h"
#include "restyle/pipeline.h"
#include "restyle/size.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_BENCH_PARTS = 4, RS_BENCH_MAX_KINDS = 16, RS_BENCH_MAX_LAYERS = 10 };

typedef struct rs_bench_options {
    const char *model;      /* a model's path; NULL: random weights made in memory */
    const char *arch;       /* size of random weights, "sd15"; see rs_bench_arch() */
    rs_model_options engine;
    rs_size size;           /* of the picture; 512x512 */
    int batch;              /* passes of the network in a step; 2: guided */
    int repeat;             /* timed runs of each part after one warm-up; 3 */
    const char *part;       /* time this one only, see rs_bench_part_name(); NULL: all */
} rs_bench_options;

/* Operations of one kind, or of one layer. */
typedef struct rs_bench_row {
    const char *name; /* "linear", "down_blocks.0.resnets.0.conv1" */
    const char *kind; /* of a layer */
    int calls;
    double seconds;
    double gflop;     /* 2 for each multiplication of the plain algorithm; 0: no products */
    double gbyte;     /* weights, inputs and outputs, each once */
} rs_bench_row;

/* The tables are those of the run that took the median time (of an even number
 * the lower of the two in the middle). */
typedef struct rs_bench_part {
    const char *name;      /* "unet_step" */
    int runs;              /* 0: not timed, and all below is 0 */
    double seconds, best;  /* median and least */
    double row_seconds;    /* of the run in the tables */
    double gflop, gbyte;
    double floor_seconds;  /* multiplications needed (a quarter with Winograd's F(4x4, 3x3)) at
                            * gemm_gflops */
    size_t n_kinds, n_layers;
    rs_bench_row kinds[RS_BENCH_MAX_KINDS];   /* dearest first */
    rs_bench_row layers[RS_BENCH_MAX_LAYERS]; /* the ten dearest */
} rs_bench_part;

/* Read only; strings live as long as the struct. */
typedef struct rs_bench {
    const char *model; /* path or arch */
    const char *cpu;   /* instruction set in use: "avx2" */
    rs_size size;
    int batch, threads;
    double load_seconds;
    double gemm_own_gflops;  /* our product over all threads, 1280 x 1280 weights */
    double gemm_blas_gflops; /* the same by BLAS */
    double gemm_gflops;      /* the better one */
    rs_bench_part parts[RS_BENCH_PARTS]; /* text_encoder (for `batch` prompts), unet_step,
                                          * vae_encode and vae_decode of one picture */
    uint64_t peak_rss_bytes; /* of the process */
} rs_bench;

void rs_bench_defaults(rs_bench_options *options);
const char *rs_bench_arch(size_t i);      /* NULL past the last */
const char *rs_bench_part_name(size_t i); /* NULL past the last */

/* Errors: a name that is unknown, a size that does not fit the model, and those
 * of rs_model_open. Options need not outlive the call. */
rs_status rs_bench_run(const rs_bench_options *options, rs_bench **bench, rs_err *err);
void rs_bench_close(rs_bench **bench); /* NULL and *NULL are fine */

typedef enum rs_bench_format {
    RS_BENCH_TABLES, /* for a person */
    RS_BENCH_JSON    /* one flat object: gemm_gflops, unet_step_s, peak_rss_bytes, ... */
} rs_bench_format;

rs_status rs_bench_write(const rs_bench *bench, rs_bench_format format, const rs_text_sink *sink,
                         rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
