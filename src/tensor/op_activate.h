/* Activations by the names of torch's classes, for networks that say in their file which they
 * use. Float by float with the C library: those of the models proper have kernels
 * (op_eltwise.h). */
#ifndef RS_TENSOR_OP_ACTIVATE_H
#define RS_TENSOR_OP_ACTIVATE_H

#include "tensor/exec.h"
#include "tensor/tensor.h"

typedef struct rs_activation {
    const char *name; /* of torch.nn's class in lower case: "leakyrelu"; its default arguments */
    float (*of)(float x);
} rs_activation;

/* NULL: none of that name is element-wise and without parameters. */
const rs_activation *rs_activation_find(const char *name);

/* In place. */
void rs_op_activate(const rs_exec *ex, const rs_tensor *x, const rs_activation *act);

/* dst += scale * src; same shapes. */
void rs_op_add_scaled(const rs_exec *ex, const rs_tensor *dst, const rs_tensor *src, float scale);

#endif
