/* The KL autoencoder of Stable Diffusion (diffusers' AutoencoderKL). */
#ifndef RS_MODEL_VAE_H
#define RS_MODEL_VAE_H

#include "tensor/exec.h"
#include "tensor/tensor.h"
#include "weights/bundle.h"

typedef struct rs_vae rs_vae;

/* Lives as long as arena and bundle. fast: what does not go to Winograd may compute in
 * bfloat16, but for the first and the last layer of either half: tensor/bits.h says
 * where it does. */
rs_status rs_vae_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle, bool fast,
                      rs_vae **out, rs_err *err);

/* Pixels a latent, across and down: 2^(levels - 1). */
int rs_vae_factor(const rs_vae *v);

/* picture: [n, h, w, 3] from -1 to 1, h and w multiples of the factor.
 * mean, logvar: [n, h/f, w/f, latent_channels], the posterior, unscaled; logvar
 * is clamped to [-30, 20] as in diffusers and may be NULL. */
rs_status rs_vae_encode(const rs_exec *ex, const rs_vae *v, const rs_tensor *picture,
                        const rs_tensor *mean, const rs_tensor *logvar, rs_err *err);

/* latent (unscaled) to picture; shapes as above. */
rs_status rs_vae_decode(const rs_exec *ex, const rs_vae *v, const rs_tensor *latent,
                        const rs_tensor *picture, rs_err *err);

#endif
