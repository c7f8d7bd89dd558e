/* What a picture costs, foretold from sizes: for `restyle explain`. */
#ifndef RS_JOB_EXPLAIN_COST_H
#define RS_JOB_EXPLAIN_COST_H

#include "restyle/pipeline.h"
#include "stage/outpaint_plan.h"
#include "weights/bundle.h"

/* Runs of img2img of one size. */
typedef struct rs_runs {
    rs_size size;
    int n;
} rs_runs;

/* What is done to a picture. */
typedef struct rs_picture_work {
    const rs_pipeline_spec *spec;
    const rs_bundle *bundle;
    rs_runs runs[RS_OUTPAINT_SIDES];
    int n_sizes;
    int passes;               /* of the network, in all runs together */
    int items;                /* that a pass takes: prompts joined by AND, and the negative prompt */
    const rs_upscaler *upscaler; /* NULL: none */
    rs_size upscaled;         /* what it is given */
} rs_picture_work;

typedef struct rs_picture_cost {
    double gflop;    /* of a picture: 10^9 operations */
    double gflops;   /* what the machine does of plain products in a second: measured */
    double seconds;  /* of a picture */
    double weights;  /* bytes that are there at a time */
    double widest;   /* bytes of the widest layer, with what it reads */
    double upscaler; /* bytes of its weights and its widest layer; 0 without */
} rs_picture_cost;

/* Measures for a second. */
rs_status rs_picture_cost_of(const rs_picture_work *work, rs_arena *arena, rs_picture_cost *cost,
                             rs_err *err);

#endif
