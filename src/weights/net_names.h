/* Names of tensors in network files (LoRA and relatives).
 *
 * A name is a prefix for the part, the layer's name and a suffix for the tensor's role:
 *   lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight           kohya, LyCORIS
 *   unet.down_blocks.0.attentions.0.proj_in.lora_B.weight                 diffusers, PEFT
 *   unet.down_blocks.0.[...].attn1.processor.to_q_lora.up.weight          old diffusers
 * With every dot of prefix and layer written as "_" they are the same, so layers are
 * looked up by that flat name. */
#ifndef RS_WEIGHTS_NET_NAMES_H
#define RS_WEIGHTS_NET_NAMES_H

#include "weights/bundle.h"

typedef enum rs_net_role {
    RS_NET_UP, RS_NET_DOWN, RS_NET_MID,       /* lora_up (lora_B), lora_down (lora_A), lora_mid */
    RS_NET_HADA_1A, RS_NET_HADA_1B, RS_NET_HADA_2A, RS_NET_HADA_2B, RS_NET_HADA_T1, RS_NET_HADA_T2,
    RS_NET_LOKR_1, RS_NET_LOKR_1A, RS_NET_LOKR_1B,
    RS_NET_LOKR_2, RS_NET_LOKR_2A, RS_NET_LOKR_2B, RS_NET_LOKR_T2,
    RS_NET_IA3, RS_NET_ON_INPUT,              /* weight, on_input */
    RS_NET_DIFF, RS_NET_BIAS,                 /* diff or w_norm; diff_b or b_norm */
    RS_NET_ALPHA, RS_NET_SCALE,
    RS_NET_DORA, RS_NET_MAGNITUDE,            /* dora_scale, PEFT's lora_magnitude_vector */
    RS_NET_ROLES
} rs_net_role;

/* A layer of the model that a network may change. */
typedef struct rs_net_target {
    rs_part part;
    const char *layer; /* diffusers: "mid_block.attentions.0.proj_in" */
    int rank;          /* of its weight: 1 (a norm), 2 or 4 */
    int64_t shape[4];
    bool bias;
} rs_net_target;

typedef struct rs_net_targets {
    rs_net_target *at; /* by part and layer, ascending */
    size_t n;
    struct rs_net_alias *aliases; /* by part and flat name, ascending */
    size_t n_aliases;
} rs_net_targets;

/* The layers of the text encoder and the UNet, in memory of arena. */
rs_status rs_net_targets_init(rs_arena *arena, const rs_bundle *b, rs_net_targets *out, rs_err *err);

/* Index of a layer by its diffusers name, or SIZE_MAX. len: of layer. */
size_t rs_net_target_find(const rs_net_targets *targets, rs_part part, const char *layer, size_t len);

/* What the tensor `name` of a network file is for. False: its role or its layer is
 * unknown; role is RS_NET_ROLES in the first case. */
bool rs_net_name_parse(const rs_net_targets *targets, const char *name, size_t *target,
                       rs_net_role *role);

#endif
