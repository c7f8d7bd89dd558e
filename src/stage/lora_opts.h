/* The keys of one item of `loras`, of `hypernetworks`. */
#ifndef RS_STAGE_LORA_OPTS_H
#define RS_STAGE_LORA_OPTS_H

#include "opt/opt.h"

extern const rs_opt_list_of rs_lora_list, rs_hypernetwork_list;

#endif
