/* One step of Heun's method; shared by the samplers heun and restart. */
#ifndef RS_SAMPLE_HEUN_H
#define RS_SAMPLE_HEUN_H

#include "sample/step.h"

/* Room for a step. */
typedef struct rs_heun {
    float *denoised, *ahead, *denoised_ahead; /* [n] */
} rs_heun;

rs_status rs_heun_init(const rs_sampling *s, rs_heun *out, rs_err *err);

/* Step i, as progress counts: s->x from level sigma to next. */
rs_status rs_heun_step(const rs_sampling *s, const rs_heun *h, int i, double sigma, double next,
                       rs_err *err);

#endif
