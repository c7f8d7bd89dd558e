/* Every tensor that a part of a given size must have, by its diffusers name. */
#ifndef RS_WEIGHTS_PART_TENSORS_H
#define RS_WEIGHTS_PART_TENSORS_H

#include "weights/bundle.h"

typedef void (*rs_tensor_visit)(void *cookie, const char *name, int rank, const int64_t *shape);

void rs_unet_tensors(const rs_unet_config *cfg, rs_tensor_visit visit, void *cookie);
void rs_vae_tensors(const rs_vae_config *cfg, rs_tensor_visit visit, void *cookie);
void rs_text_tensors(const rs_text_config *cfg, rs_tensor_visit visit, void *cookie);
/* Of a part of this bundle. */
void rs_part_tensors(const rs_bundle *b, rs_part part, rs_tensor_visit visit, void *cookie);

#endif
