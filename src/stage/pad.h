/* Pictures of any size for networks that need multiples. */
#ifndef RS_STAGE_PAD_H
#define RS_STAGE_PAD_H

#include "restyle/image.h"
#include "tensor/tensor.h"

/* The next multiple. */
int rs_pad_size(int v, int multiple);

/* from's values into the top left of to: [1, h, w, 3], at least its size. Past its right and
 * bottom it goes backwards again, as far as it is wide or high, as Real-ESRGAN pads. */
void rs_pad_picture(const rs_tensor *to, const rs_image *from);

#endif
