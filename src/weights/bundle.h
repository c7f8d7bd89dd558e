/* One Stable Diffusion model on disk, whatever its layout.
 *
 * A bundle answers three questions: which sizes does each part have, where are
 * its tensors, and where is its tokenizer. Model code asks for tensors by the
 * names of the diffusers layout; for a single-file checkpoint the bundle
 * translates them (model.diffusion_model.*, first_stage_model.*,
 * cond_stage_model.transformer.*). Sizes come from config.json, or, for a
 * single file, from tensor shapes.
 *
 * What shapes do not tell, a single file may say in its metadata:
 *   restyle.heads            attention heads of the UNet, "8" or one a level "[2, 4]"
 *   restyle.norm_groups      group norm of the UNet
 *   restyle.vae_norm_groups  group norm of the autoencoder
 *   restyle.scaling_factor   of the latents
 *   restyle.text_heads       attention heads of the text encoder
 *   restyle.text_act         quick_gelu | gelu
 *   restyle.train_steps, restyle.beta_start, restyle.beta_end,
 *   restyle.beta_schedule    scaled_linear | linear | squaredcos_cap_v2
 *   restyle.prediction       epsilon | v_prediction
 *   modelspec.prediction_type  epsilon | v (what common trainers write)
 * Without them: 8 heads (64 channels a head with 2.x's text width of 1024 and
 * linear projections); 32 groups, or the largest power of two below that
 * divides all channels; 0.18215; text heads 64 wide; quick_gelu; the schedule
 * that explains the tensor alphas_cumprod, else that of Stable Diffusion 1.x
 * (1000 steps, scaled_linear, 0.00085 to 0.012); epsilon. */
#ifndef RS_WEIGHTS_BUNDLE_H
#define RS_WEIGHTS_BUNDLE_H

#include <stdbool.h>

#include "weights/weights.h"

#define RS_MAX_LEVELS 8

typedef struct rs_unet_config {
    int in_channels, out_channels;
    int n_levels;
    int channels[RS_MAX_LEVELS];      /* block_out_channels */
    int layers_per_block[RS_MAX_LEVELS];
    bool down_attn[RS_MAX_LEVELS];    /* CrossAttnDownBlock2D, else DownBlock2D */
    bool up_attn[RS_MAX_LEVELS];      /* in order of up_blocks */
    bool mid_attn;                    /* UNetMidBlock2DCrossAttn; false: mid block absent (null) */
    bool has_mid;
    int transformer_layers[RS_MAX_LEVELS];
    int heads[RS_MAX_LEVELS];         /* SD 1.x's attention_head_dim is the number of heads */
    int context_dim;                  /* cross_attention_dim */
    bool linear_projection;           /* proj_in/out are linear, else 1x1 convolutions */
    int norm_groups;
    float norm_eps;
    bool flip_sin_to_cos;
    int freq_shift;
} rs_unet_config;

typedef struct rs_vae_config {
    int in_channels, out_channels, latent_channels;
    int n_levels;
    int channels[RS_MAX_LEVELS];
    int layers_per_block;
    int norm_groups;
    float scaling_factor;
    bool mid_attention;               /* mid_block_add_attention */
    bool quant_conv, post_quant_conv;
} rs_vae_config;

typedef enum rs_text_act { RS_TEXT_QUICK_GELU, RS_TEXT_GELU } rs_text_act;

typedef struct rs_text_config {
    int vocab_size, width, layers, heads, mlp_width, max_tokens;
    rs_text_act act;
    float norm_eps;
} rs_text_config;

typedef enum rs_prediction { RS_PREDICT_EPSILON, RS_PREDICT_V } rs_prediction;
typedef enum rs_beta_schedule {
    RS_BETA_SCALED_LINEAR,
    RS_BETA_LINEAR,
    RS_BETA_COSINE
} rs_beta_schedule;

/* OWN: what the diffusers scheduler of the chosen sampler has when nothing is said. */
typedef enum rs_spacing {
    RS_SPACING_OWN,
    RS_SPACING_LEADING,
    RS_SPACING_LINSPACE,
    RS_SPACING_TRAILING
} rs_spacing;
typedef enum rs_last_alpha { RS_LAST_ALPHA_OWN, RS_LAST_ALPHA_ONE, RS_LAST_ALPHA_FIRST } rs_last_alpha;

/* How diffusers spreads steps over this model's timesteps; see sample/spacing.h. */
typedef struct rs_timestep_rule {
    rs_spacing spacing;       /* timestep_spacing */
    int offset;               /* steps_offset */
    rs_last_alpha last_alpha; /* set_alpha_to_one: true is ONE, false FIRST */
} rs_timestep_rule;

typedef struct rs_noise_config {
    int train_steps;                  /* num_train_timesteps, 1000 */
    double beta_start, beta_end;
    rs_beta_schedule betas;
    rs_prediction prediction;
    rs_timestep_rule timesteps;
} rs_noise_config;

typedef enum rs_part { RS_PART_TEXT, RS_PART_UNET, RS_PART_VAE, RS_PARTS } rs_part;

typedef struct rs_bundle rs_bundle;

/* path: a diffusers folder, or a .safetensors or .ckpt single file. tokenizer: a folder
 * with vocab.json and merges.txt, or with tokenizer.json, or NULL for the model's own: its folder
 * `tokenizer`, for a single file one that lies beside it. Errors name what is
 * missing and what would supply it. The bundle lives as long as the arena,
 * except for the files, which rs_bundle_close unmaps. */
rs_status rs_bundle_open(rs_arena *arena, const char *path, const char *tokenizer, rs_bundle **out,
                         rs_err *err);
void rs_bundle_close(rs_bundle **bundle);

const rs_unet_config *rs_bundle_unet(const rs_bundle *b);
const rs_vae_config *rs_bundle_vae(const rs_bundle *b);
const rs_text_config *rs_bundle_text(const rs_bundle *b);
const rs_noise_config *rs_bundle_noise(const rs_bundle *b);

/* Paths of the tokenizer's files; rs_bundle_open has checked they exist. Without merges the
 * vocabulary is a tokenizer.json, which holds both. */
const char *rs_bundle_vocab(const rs_bundle *b);
const char *rs_bundle_merges(const rs_bundle *b);

/* A tensor of a part by its diffusers name ("down_blocks.0.resnets.0.conv1.weight",
 * "text_model.final_layer_norm.bias", "encoder.conv_in.weight"); NULL if absent.
 * The autoencoder's attention is asked for as to_q, to_k, to_v, to_out.0, however
 * old the model. */
const rs_wtensor *rs_bundle_find(const rs_bundle *b, rs_part part, const char *name);

/* Whether the part has all its tensors, in the right shapes and types; their values
 * are not looked at. */
rs_status rs_bundle_check(const rs_bundle *b, rs_part part, rs_err *err);

/* From here on the two functions below give tensors with these networks added
 * (networks.h), as floats in the caller's arena; NULL: as they are in the file. */
struct rs_networks;
void rs_bundle_use_networks(rs_bundle *b, const struct rs_networks *networks);

/* rs_bundle_find and rs_wtensor_finite in one: a tensor whose data may be used as
 * it lies in the file. Only the sum with a network takes memory of arena. */
rs_status rs_bundle_tensor(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                           int rank, const int64_t *want, rs_pool *pool, const rs_wtensor **out,
                           rs_err *err);

/* rs_bundle_find and rs_wtensor_f32 in one; the error names part and tensor. */
rs_status rs_bundle_f32(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                        int rank, const int64_t *want, const float **out, rs_err *err);

#endif
