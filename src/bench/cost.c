/* Every weight of a part is visited by name (weights/part_tensors.h); its place in the
 * network says how large the picture is there. */
#include "bench/cost.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "weights/part_tensors.h"

/* What F(4x4, 3x3) saves of a convolution's time in practice; of its multiplications it saves
 * three quarters. */
#define WINOGRAD_GAIN 2.5
#define WINOGRAD_MIN_CHANNELS 16 /* of the input, see tensor/op_conv.c */

struct walk {
    const rs_unet_config *unet; /* or NULL: the autoencoder */
    int n_levels;
    int h, w;                   /* latent */
    int batch, tokens;
    const char *half;           /* of the autoencoder: "encoder." or "decoder." */
    rs_cost cost;
};

/* A side at a level of the UNet: odd ones are halved upwards. */
static double unet_side(int side, int level)
{
    return (double)((side + (1 << level) - 1) >> level);
}

/* Pixels at a level; that of the autoencoder counts from the picture. */
static double pixels(const struct walk *s, int level)
{
    if (s->unet)
        return s->batch * unet_side(s->h, level) * unet_side(s->w, level);
    const int up = s->n_levels - 1 - level;
    return (double)s->h * (1 << up) * (double)s->w * (1 << up);
}

/* "down_blocks.3.x": 3 */
static int block_number(const char *name, const char *block)
{
    int n = -1;
    const char *at = strstr(name, block);
    if (at)
        sscanf(at + strlen(block), "%d", &n);
    return n;
}

/* The level whose size a layer's output has. */
static int level_of(const struct walk *s, const char *name)
{
    const int down = block_number(name, "down_blocks."), up = block_number(name, "up_blocks.");
    if (down >= 0)
        return strstr(name, "downsamplers") ? down + 1 : down;
    if (up >= 0)
        return s->n_levels - 1 - up - (strstr(name, "upsamplers") ? 1 : 0);
    if (strstr(name, "mid_block."))
        return s->n_levels - 1;
    const bool at_latent = strcmp(name, "encoder.conv_out.weight") == 0 || strstr(name, "quant_conv") ||
                           strcmp(name, "decoder.conv_in.weight") == 0;
    return !s->unet && at_latent ? s->n_levels - 1 : 0;
}

/* Scores and sums: 2 for each of the two products. */
static double attention(const struct walk *s, const char *name, double rows, double width)
{
    if (!strstr(name, "to_q.weight"))
        return 0;
    const double keys = strstr(name, "attn2.") ? s->tokens : rows / s->batch;
    return 4 * rows * keys * width;
}

static void visit(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct walk *s = cookie;
    const size_t n = strlen(name);
    if (rank < 2 || n < 7 || strcmp(name + n - 7, ".weight") != 0)
        return;
    const bool quant = strstr(name, "quant_conv") != NULL;
    if (s->half && !(quant ? (strncmp(name, "post", 4) == 0) == (s->half[0] == 'd')
                           : strncmp(name, s->half, strlen(s->half)) == 0))
        return;
    if (strstr(name, "attn2.to_k") || strstr(name, "attn2.to_v"))
        return; /* made once a prompt */
    double product = 1;
    for (int i = 0; i < rank; i++)
        product *= (double)shape[i];
    const bool time = strstr(name, "time_emb") != NULL; /* one for the batch */
    const double rows = time ? 1 : pixels(s, level_of(s, name));
    const double flop = 2 * rows * product;
    const bool winograd = rank == 4 && shape[2] == 3 && shape[1] >= WINOGRAD_MIN_CHANNELS &&
                          !strstr(name, "downsamplers");
    s->cost.gflop += (flop + attention(s, name, rows, (double)shape[0])) / 1e9;
    s->cost.winograd_gflop += winograd ? flop / 1e9 : 0;
}

rs_cost rs_cost_step(const rs_unet_config *cfg, int batch, int h, int w, int tokens)
{
    struct walk s = { .unet = cfg, .n_levels = cfg->n_levels, .h = h, .w = w, .batch = batch,
                      .tokens = tokens };
    rs_unet_tensors(cfg, visit, &s);
    return s.cost;
}

static rs_cost half_of(const rs_vae_config *cfg, const char *half, int h, int w)
{
    struct walk s = { .n_levels = cfg->n_levels, .h = h, .w = w, .batch = 1, .half = half };
    rs_vae_tensors(cfg, visit, &s);
    return s.cost;
}

rs_cost rs_cost_encode(const rs_vae_config *cfg, int h, int w)
{
    return half_of(cfg, "encoder.", h, w);
}

rs_cost rs_cost_decode(const rs_vae_config *cfg, int h, int w)
{
    return half_of(cfg, "decoder.", h, w);
}

double rs_cost_seconds(const rs_cost *c, double gflops)
{
    return (c->gflop - c->winograd_gflop + c->winograd_gflop / WINOGRAD_GAIN) / gflops;
}
