/* Files of torch.save (.pt, .pth, .ckpt, .bin) as named tensors: the zip archives of
 * torch 1.6 and later, and the older format of pickles one behind the other. Only the
 * tensors are read; see pickle.h for why that is safe. */
#ifndef RS_WEIGHTS_TORCH_FILE_H
#define RS_WEIGHTS_TORCH_FILE_H

#include "weights/weights.h"

/* A text or a whole number beside the tensors, such as a hypernetwork's activation. */
typedef struct rs_torch_fact {
    const char *key, *value; /* True and False are "1" and "0" */
} rs_torch_fact;

typedef struct rs_torch {
    rs_wtensor *tensors;
    size_t n;
    rs_torch_fact *facts; /* of the whole's own members; the first RS_TORCH_MAX_FACTS */
    size_t n_facts;
} rs_torch;

enum { RS_TORCH_MAX_FACTS = 256 };

/* Whether the bytes begin like either format. */
bool rs_torch_is(const uint8_t *data, size_t size);

/* The tensors of a file that lies in memory, which they point into; those that are not
 * contiguous are copied to arena. Names are keys and places joined by dots, such as
 * "string_to_param.*"; a member "state_dict" of the whole stands for the whole. Shapes
 * and places are checked: afterwards data and bytes of a tensor can be trusted. */
rs_status rs_torch_parse(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                         rs_torch *out, rs_err *err);

#endif
