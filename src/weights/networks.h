/* Networks over a model: LoRA and its relatives (net_module.h says which).
 *
 * A set of files is matched with the layers of a bundle once; afterwards the bundle's
 * tensors come with every file's difference added, in the order of the list. Of these
 * sums nothing is kept: they are made anew whenever a part of the model is loaded. */
#ifndef RS_WEIGHTS_NETWORKS_H
#define RS_WEIGHTS_NETWORKS_H

#include "restyle/networks.h"
#include "weights/bundle.h"

typedef struct rs_networks rs_networks;

/* Opens the files. A tensor for which the model has no layer, whose role is unknown, or
 * that is of another shape than its layer needs is an error that names it. The set lives
 * as long as the arena, except for the files, which rs_networks_close unmaps. pool computes the
 * sums and must outlive the set. */
rs_status rs_networks_open(rs_arena *arena, const rs_bundle *b, const rs_lora *files, size_t n,
                           rs_pool *pool, rs_networks **out, rs_err *err);
void rs_networks_close(rs_networks **networks); /* NULL and *NULL are fine */

/* Whether a tensor is changed. name: as for rs_bundle_find. */
bool rs_networks_touch(const rs_networks *networks, rs_part part, const char *name);
/* Adds what changes the tensor to its values, which must have the layer's shape.
 * Temporary memory comes from arena. */
rs_status rs_networks_add(const rs_networks *networks, rs_arena *arena, rs_part part, const char *name,
                          float *values, rs_err *err);

#endif
