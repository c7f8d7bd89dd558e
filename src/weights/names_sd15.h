/* Tensor names of the single-file ("LDM") layout of Stable Diffusion 1.x.
 *
 * Model code asks with the names of the diffusers layout. Both layouts hold the
 * same tensors; only the numbering differs: LDM counts all layers of the way
 * down in one list (input_blocks.N), all of the way up in another
 * (output_blocks.N), and numbers the autoencoder's up blocks by level instead
 * of by order of execution. */
#ifndef RS_WEIGHTS_NAMES_SD15_H
#define RS_WEIGHTS_NAMES_SD15_H

#include "weights/bundle.h"

#define RS_LDM_UNET "model.diffusion_model."
#define RS_LDM_VAE "first_stage_model."
#define RS_LDM_TEXT "cond_stage_model.transformer."

/* The LDM name of a diffusers name into out; false when there is none. The
 * sizes decide the numbering. Text encoder names keep their "text_model."; some
 * files leave it out, which the bundle tries second. */
bool rs_ldm_unet_name(const rs_unet_config *cfg, const char *name, char *out, size_t size);
bool rs_ldm_vae_name(const rs_vae_config *cfg, const char *name, char *out, size_t size);
bool rs_ldm_text_name(const char *name, char *out, size_t size);

#endif
