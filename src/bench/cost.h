/* What a pass of a network costs, from its sizes alone: nothing is loaded or run. */
#ifndef RS_BENCH_COST_H
#define RS_BENCH_COST_H

#include "weights/bundle.h"

/* 2 for each multiplication of the plain algorithm, as profiles count (tensor/prof.h). */
typedef struct rs_cost {
    double gflop;          /* all */
    double winograd_gflop; /* of 3x3 convolutions of stride 1, which need fewer */
} rs_cost;

/* One step on a batch of latents of height h and width w, the prompts' keys and values being
 * there already. tokens: of a prompt. */
rs_cost rs_cost_step(const rs_unet_config *cfg, int batch, int h, int w, int tokens);
/* Of one picture whose latent has height h and width w. */
rs_cost rs_cost_encode(const rs_vae_config *cfg, int h, int w);
rs_cost rs_cost_decode(const rs_vae_config *cfg, int h, int w);

/* Seconds that take at gflops, the machine's rate of plain products (bench/gemm_rate.h).
 * An estimate: memory and activations are not in it. */
double rs_cost_seconds(const rs_cost *c, double gflops);

#endif
