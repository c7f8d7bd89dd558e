/* The option rows of rs_img2img_params. */
#ifndef RS_STAGE_IMG2IMG_OPTS_H
#define RS_STAGE_IMG2IMG_OPTS_H

#include "opt/opt.h"

extern const rs_opt_group rs_img2img_group;

#endif
