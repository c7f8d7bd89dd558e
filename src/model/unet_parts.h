/* The UNet's structure, shared by loading (unet_load.c) and running (unet.c). */
#ifndef RS_MODEL_UNET_PARTS_H
#define RS_MODEL_UNET_PARTS_H

#include "model/unet.h"
#include "nn/resblock.h"

#define RS_UNET_MAX_LAYERS 16

/* One level of the way down, the way up, or the middle. The layers run as
 * resnet 0, attention 0, resnet 1, ...; in the middle the attentions stand
 * between the resnets, so there is one fewer. */
typedef struct rs_unet_level {
    int c;            /* channels of its outputs */
    int n_resnets, n_attentions;
    rs_resblock resnets[RS_UNET_MAX_LAYERS];
    rs_transformer attentions[RS_UNET_MAX_LAYERS];
    int first_kv;     /* index of its first entry in rs_unet_context.kv */
    bool has_sampler; /* down: strided convolution; up: nearest neighbour, then convolution */
    rs_conv sampler;
} rs_unet_level;

struct rs_unet {
    rs_unet_config cfg;
    rs_linear time1, time2;
    rs_conv conv_in, conv_out;
    rs_norm norm_out;
    rs_unet_level down[RS_MAX_LEVELS], mid, up[RS_MAX_LEVELS];
    int n_kv;
    int n_skips;
};

#endif
