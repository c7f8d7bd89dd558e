/* Other programs' ways, as defaults of img2img's parameters. */
#ifndef RS_STAGE_COMPAT_H
#define RS_STAGE_COMPAT_H

#include "opt/opt.h"
#include "restyle/img2img.h"

/* The names of rs_compat, with what each means. */
extern const rs_opt_choice rs_compat_choices[];

/* out in [0, 1], n values: to the levels of 8 bits as rounding says. */
void rs_round_8bit(float *out, size_t n, rs_rounding rounding);

#endif
