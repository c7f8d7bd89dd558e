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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "restyle/img2img.h"
#include "restyle/pipeline.h"
#include "restyle/size.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_BENCH_PARTS = 4, RS_BENCH_MAX_KINDS = 16, RS_BENCH_MAX_LAYERS = 10, RS_BENCH_LANES = 5 };

typedef struct rs_bench_options {
    const char *model;      /* a model's path; NULL: random weights made in memory */
    const char *arch;       /* size of random weights, "sd15"; see rs_bench_arch() */
    rs_model_options engine;
    rs_size size;           /* of the picture; 512x512 */
    int batch;              /* passes of the network in a step; 2: guided */
    int repeat;             /* timed runs of each part after one warm-up; 3 */
    const char *part;       /* time this one only, see rs_bench_part_name(); NULL: all */
    bool split;             /* also simulate more threads, see rs_bench_split */
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

/* Parallel sections of one kind of operation, or of one layer. */
typedef struct rs_bench_sections {
    const char *name, *kind; /* as in rs_bench_row */
    size_t sections, pieces, fewest; /* pieces of all, of the section with the fewest */
    double seconds; /* of all pieces */
    double longest; /* the dearest piece */
    double lost;    /* with 16 threads: beyond a sixteenth of seconds, while the last pieces end */
} rs_bench_sections;

/* A number of threads: seconds = serial + work / threads + uneven. */
typedef struct rs_bench_lane {
    int threads;
    double seconds, uneven_seconds;
} rs_bench_lane;

/* What more threads could do. One run on one thread gives the processor time that every
 * piece of every parallel section costs; 1, 2, 4, 8 and 16 simulated threads then take them
 * in their order, each when it is free, as the pool does. What threads share (caches,
 * memory, the processor's clock) and the time to wake them do not count. */
typedef struct rs_bench_split {
    size_t sections, pieces;
    double serial_seconds; /* outside of sections, and in those of a single piece */
    double work_seconds;   /* in the others */
    rs_bench_lane lanes[RS_BENCH_LANES];
    size_t n_kinds, n_layers;
    rs_bench_sections kinds[RS_BENCH_MAX_KINDS];   /* dearest first */
    rs_bench_sections layers[RS_BENCH_MAX_LAYERS]; /* the ten that lose most */
} rs_bench_split;

/* The tables are those of the run that took the median time (of an even number
 * the lower of the two in the middle). */
typedef struct rs_bench_part {
    const char *name;      /* "unet_step" */
    int runs;              /* 0: not timed, and all below is 0 */
    double seconds, best;  /* median and least */
    double row_seconds;    /* of the run in the tables */
    double gflop, gbyte;
    double attention_seconds; /* of row_seconds: self attention's, whose work grows with the
                               * square of the pixels */
    double floor_seconds;  /* multiplications needed (a quarter with Winograd's F(4x4, 3x3)) at
                            * gemm_gflops */
    size_t n_kinds, n_layers;
    rs_bench_row kinds[RS_BENCH_MAX_KINDS];   /* dearest first */
    rs_bench_row layers[RS_BENCH_MAX_LAYERS]; /* the ten dearest */
    const rs_bench_split *split; /* NULL when it was not asked for */
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

/* Several sizes of one model, n > 0: what a pixel costs at each, with and without self
 * attention; as JSON an array of the objects above. */
rs_status rs_bench_write_sizes(const rs_bench *const *benches, size_t n, rs_bench_format format,
                               const rs_text_sink *sink, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
